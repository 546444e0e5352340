#!/usr/bin/env python3
"""Hangs up on FreeSWITCH the running calls that Ringfence names, over the event socket (ESL).

    run = ["/etc/ringfence/freeswitch-hangup.py", "/etc/ringfence/esl.conf"]

Reads the document of Ringfence on standard input, finds the channels whose variable sip_call_id is one of the Call-IDs
in it, and ends them with uuid_kill. docs/HANGUP.md says how to set it up. Exit codes: 0 every call was hung up or is
over already; 1 some could not be; 2 the document, the file or FreeSWITCH is at fault and nothing was done.
"""

import configparser
import json
import os
import re
import socket
import stat
import sys
import time

PATIENCE = 20.0
MOST_BODY = 1 << 24
UUID = re.compile(r"[0-9A-Za-z-]{1,64}")
CAUSE = re.compile(r"[A-Z_]{1,40}")


class Fault(Exception):
    """What keeps everything from being done, and what to do about it."""


def say(text):
    print("freeswitch-hangup: " + text, file=sys.stderr, flush=True)


def settings(path):
    """Host, port, user, password and cause, from a file that nobody else can read."""
    try:
        with open(path, encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise Fault(f"{path} holds a password and others may read it: chmod 600 {path}")
            reader = configparser.ConfigParser(interpolation=None)
            reader.read_file(file)
        esl = reader["esl"]
        password, user, cause = esl["password"], esl.get("user", ""), esl.get("cause", "CALL_REJECTED")
        host, port = esl.get("host", "127.0.0.1"), esl.getint("port", 8021)
    except (OSError, UnicodeDecodeError, configparser.Error, KeyError, ValueError) as error:
        raise Fault(f"{path}: {error!r}; it needs a section [esl] with `password`") from error
    if not CAUSE.fullmatch(cause):
        raise Fault(f"{path}: `cause` is the name of a hangup cause such as CALL_REJECTED, not {cause!r}")
    return host, port, user, password, cause


def wanted(text):
    """The calls of the document: their names, and the Call-IDs of each."""
    try:
        calls = json.loads(text)["calls"]
        return [(call["id"], set(call["sip_call_ids"])) for call in calls]
    except (ValueError, KeyError, TypeError) as error:
        raise Fault(f"standard input holds no document of Ringfence ({error!r})") from error


class EventSocket:
    """A session with FreeSWITCH's event socket."""

    def __init__(self, host, port):
        self.end = time.monotonic() + PATIENCE
        try:
            self.socket = socket.create_connection((host, port), timeout=5)
        except OSError as error:
            raise Fault(f"no event socket at {host}:{port} ({error}): see event_socket.conf.xml") from error
        self.file = self.socket.makefile("rb")
        kind = self.read()[0].get("content-type")
        if kind == "text/rude-rejection":
            raise Fault("FreeSWITCH's access list refuses this host: see apply-inbound-acl in event_socket.conf.xml")
        if kind != "auth/request":
            raise Fault(f"{host}:{port} is no event socket: it begins with {kind!r}")

    def read(self):
        """One message: its headers and its body."""
        headers = {}
        while True:
            line = self.within(lambda: self.file.readline(1 << 16))
            if not line.endswith(b"\n"):
                raise Fault("FreeSWITCH closed the connection")
            line = line.decode("utf-8", "replace").strip()
            if not line and headers:
                break
            name, _, value = line.partition(":")
            if line:
                headers[name.strip().lower()] = value.strip()
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError as error:
            raise Fault("FreeSWITCH sends no length of a message") from error
        if not 0 <= length <= MOST_BODY:
            raise Fault(f"FreeSWITCH sends a message of {length} octets")
        body = self.within(lambda: self.file.read(length)) if length else b""
        if len(body) < length:
            raise Fault("FreeSWITCH closed the connection")
        return headers, body.decode("utf-8", "replace")

    def within(self, read):
        left = self.end - time.monotonic()
        if left <= 0:
            raise Fault(f"FreeSWITCH did not answer within {PATIENCE:.0f} s")
        self.socket.settimeout(left)
        try:
            return read()
        except OSError as error:
            raise Fault(f"FreeSWITCH did not answer ({error})") from error

    def ask(self, command, kind):
        """Sends a command; returns the reply of that kind."""
        if "\n" in command or "\r" in command:
            raise Fault("a line end within a command")
        try:
            self.socket.sendall(command.encode() + b"\n\n")
        except OSError as error:
            raise Fault(f"FreeSWITCH takes nothing more ({error})") from error
        while True:
            headers, body = self.read()
            if headers.get("content-type") == "text/disconnect-notice":
                raise Fault("FreeSWITCH closes the connection")
            if headers.get("content-type") == kind:
                return headers.get("reply-text", ""), body

    def login(self, user, password):
        command = f"userauth {user}:{password}" if user else f"auth {password}"
        reply, _ = self.ask(command, "command/reply")
        if not reply.startswith("+OK"):
            raise Fault(f"FreeSWITCH refuses the password: {reply}")

    def api(self, command):
        return self.ask("api " + command, "api/response")[1].strip()

    def channels(self):
        """The names of all channels."""
        text = self.api("show channels as json")
        try:
            rows = json.loads(text).get("rows", [])
            return [row["uuid"] for row in rows if UUID.fullmatch(row["uuid"])]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Fault(f"FreeSWITCH does not list its channels: {text[:80]!r}") from error

    def call_id(self, uuid):
        """The SIP Call-ID of a channel; None where it is gone or has none."""
        text = self.api(f"uuid_getvar {uuid} sip_call_id")
        if text.startswith("-ERR No such channel") or text in ("_undef_", ""):
            return None
        if text.startswith("-ERR"):
            raise Fault(f"the Call-ID of a channel is refused ({text}): the user may not use uuid_getvar")
        return text

    def hang_up(self, uuid, cause):
        """Whether the channel is gone, and what FreeSWITCH says."""
        text = self.api(f"uuid_kill {uuid} {cause}")
        return text.startswith("+OK") or text.startswith("-ERR No such channel"), text


def hang_up_all(esl, calls, cause):
    """Hangs up every channel of the calls; returns how many could not be."""
    names = set().union(*(ids for _, ids in calls)) if calls else set()
    found = {}
    for uuid in esl.channels() if names else []:
        call_id = esl.call_id(uuid)
        if call_id in names:
            found.setdefault(call_id, []).append(uuid)
    left = 0
    for call, ids in calls:
        channels = [uuid for call_id in sorted(ids) for uuid in found.get(call_id, [])]
        if not ids:
            say(f"call {call}: its Call-IDs are not known, so it cannot be found: it goes on")
            left += 1
        elif not channels:
            say(f"call {call}: no channel has one of its {len(ids)} Call-IDs: it is over, or not on this FreeSWITCH")
        for uuid in channels:
            is_gone, text = esl.hang_up(uuid, cause)
            say(f"call {call}: {uuid}: {'hung up' if is_gone else 'not hung up: ' + text}")
            left += not is_gone
    return left


def main(arguments):
    if len(arguments) != 2:
        raise Fault(f"usage: {arguments[0]} FILE, where FILE has [esl] with password")
    host, port, user, password, cause = settings(arguments[1])
    calls = wanted(sys.stdin.read())
    if not calls:
        say("the document names no call: nothing to hang up")
        return 0
    esl = EventSocket(host, port)
    esl.login(user, password)
    return 1 if hang_up_all(esl, calls, cause) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv))
    except Fault as fault:
        say(str(fault))
        sys.exit(2)
