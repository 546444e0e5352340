#!/usr/bin/env python3
"""Hangs up on Asterisk the running calls that Ringfence names, over the manager interface (AMI).

    run = ["/etc/ringfence/asterisk-hangup.py", "/etc/ringfence/ami.conf"]

Reads the document of Ringfence on standard input, finds the channels whose SIP Call-ID is one of those in it, and
hangs them up. docs/HANGUP.md says how to set it up. Exit codes: 0 every call was hung up or is over already;
1 some could not be; 2 the document, the file or Asterisk is at fault and nothing was done.
"""

import configparser
import json
import os
import socket
import stat
import sys
import time

CAUSES = {"16", "17", "19", "21", "34", "38", "41", "42"}
PATIENCE = 20.0
MOST_LINE = 1 << 16


class Fault(Exception):
    """What keeps everything from being done, and what to do about it."""


def say(text):
    print("asterisk-hangup: " + text, file=sys.stderr, flush=True)


def settings(path):
    """Host, port, user, secret and cause, from a file that nobody else can read."""
    try:
        with open(path, encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise Fault(f"{path} holds a password and others may read it: chmod 600 {path}")
            reader = configparser.ConfigParser(interpolation=None)
            reader.read_file(file)
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise Fault(f"{path}: {error}") from error
    if not reader.has_section("ami"):
        raise Fault(f"{path} has no section [ami] with `user` and `secret`")
    ami = reader["ami"]
    for key in ("user", "secret"):
        if not ami.get(key):
            raise Fault(f"{path} lacks `{key}` in [ami]")
    cause = ami.get("cause", "21")
    if cause not in CAUSES:
        raise Fault(f"{path}: `cause` is one of {', '.join(sorted(CAUSES))} (Q.850), not {cause}")
    try:
        port = ami.getint("port", 5038)
    except ValueError as error:
        raise Fault(f"{path}: `port` is no number") from error
    return ami.get("host", "127.0.0.1"), port, ami["user"], ami["secret"], cause


def wanted(text):
    """The calls of the document: their names, and the Call-IDs of each."""
    try:
        calls = json.loads(text)["calls"]
        return [(call["id"], set(call["sip_call_ids"])) for call in calls]
    except (ValueError, KeyError, TypeError) as error:
        raise Fault(f"standard input holds no document of Ringfence ({error!r})") from error


class Manager:
    """A session with Asterisk's manager interface."""

    def __init__(self, host, port):
        self.end = time.monotonic() + PATIENCE
        try:
            self.socket = socket.create_connection((host, port), timeout=5)
        except OSError as error:
            raise Fault(f"no manager interface at {host}:{port} ({error}): see manager.conf") from error
        self.lines = self.socket.makefile("rb")
        self.asked = 0
        greeting = self.line()
        if not greeting.startswith("Asterisk Call Manager"):
            raise Fault(f"{host}:{port} is no manager interface of Asterisk: it says {greeting[:40]!r}")

    def line(self):
        left = self.end - time.monotonic()
        if left <= 0:
            raise Fault(f"Asterisk did not answer within {PATIENCE:.0f} s")
        self.socket.settimeout(left)
        try:
            line = self.lines.readline(MOST_LINE)
        except OSError as error:
            raise Fault(f"Asterisk did not answer ({error})") from error
        if not line.endswith(b"\n"):
            raise Fault("Asterisk closed the connection")
        return line.decode("utf-8", "replace").rstrip("\r\n")

    def message(self):
        fields = {}
        while True:
            line = self.line()
            if not line:
                if fields:
                    return fields
                continue
            name, _, value = line.partition(":")
            fields[name.strip().lower()] = value.strip()

    def ask(self, action, **fields):
        """Sends an action; returns its response."""
        self.asked += 1
        lines = [("Action", action), ("ActionID", str(self.asked)), *fields.items()]
        for _, value in lines:
            if "\r" in value or "\n" in value:
                raise Fault(f"a line end within a value of the action {action}")
        text = "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
        try:
            self.socket.sendall(text.encode())
        except OSError as error:
            raise Fault(f"Asterisk takes nothing more ({error})") from error
        return self.own(lambda message: "response" in message)

    def own(self, fits):
        """The next message that answers the last action."""
        while True:
            message = self.message()
            if message.get("actionid") == str(self.asked) and fits(message):
                return message

    def login(self, user, secret):
        said = self.ask("Login", Username=user, Secret=secret, Events="off")
        if said["response"] != "Success":
            raise Fault(f"Asterisk refuses the user {user}: {said.get('message')}")

    def channels(self):
        """The names of all channels of chan_pjsip and chan_sip."""
        said = self.ask("CoreShowChannels")
        if said["response"] != "Success":
            raise Fault(f"the list of channels is refused ({said.get('message')}): the user needs read = call,reporting")
        names = []
        while True:
            message = self.own(lambda message: "event" in message)
            if message["event"] == "CoreShowChannelsComplete":
                return names
            if message.get("channel", "").startswith(("PJSIP/", "SIP/")):
                names.append(message["channel"])

    def call_id(self, channel):
        """The SIP Call-ID of a channel; None where it is gone."""
        technology = "pjsip,call-id" if channel.startswith("PJSIP/") else None
        variable = f"CHANNEL({technology})" if technology else "SIPCALLID"
        said = self.ask("Getvar", Channel=channel, Variable=variable)
        if said["response"] == "Success":
            return said.get("value") or None
        if "no such channel" in said.get("message", "").lower():
            return None
        raise Fault(f"the Call-ID of a channel is refused ({said.get('message')}): the user needs write = call,reporting")

    def hang_up(self, channel, cause):
        """Whether the channel is gone, and what Asterisk says."""
        said = self.ask("Hangup", Channel=channel, Cause=cause)
        text = said.get("message", "")
        return said["response"] == "Success" or "no such channel" in text.lower(), text


def hang_up_all(manager, calls, cause):
    """Hangs up every channel of the calls; returns how many calls could not be."""
    names = set().union(*(ids for _, ids in calls)) if calls else set()
    found = {}
    for channel in manager.channels() if names else []:
        call_id = manager.call_id(channel)
        if call_id in names:
            found.setdefault(call_id, []).append(channel)
    left = 0
    for call, ids in calls:
        channels = [channel for call_id in sorted(ids) for channel in found.get(call_id, [])]
        if not ids:
            say(f"call {call}: its Call-IDs are not known, so it cannot be found: it goes on")
            left += 1
        elif not channels:
            say(f"call {call}: no channel has one of its {len(ids)} Call-IDs: it is over, or not on this Asterisk")
        for channel in channels:
            is_gone, text = manager.hang_up(channel, cause)
            say(f"call {call}: {channel}: {'hung up' if is_gone else 'not hung up: ' + text}")
            left += not is_gone
    return left


def main(arguments):
    if len(arguments) != 2:
        raise Fault(f"usage: {arguments[0]} FILE, where FILE has [ami] with user and secret")
    host, port, user, secret, cause = settings(arguments[1])
    calls = wanted(sys.stdin.read())
    if not calls:
        say("the document names no call: nothing to hang up")
        return 0
    manager = Manager(host, port)
    manager.login(user, secret)
    return 1 if hang_up_all(manager, calls, cause) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv))
    except Fault as fault:
        say(str(fault))
        sys.exit(2)
