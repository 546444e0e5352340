#!/usr/bin/env python3
"""Hangs up on Kamailio the running calls that Ringfence names, with kamcmd and the module dialog.

    run = ["/etc/ringfence/kamailio-hangup.py"]

Reads the document of Ringfence on standard input, asks `kamcmd dlg.list` for the dialogs, and ends those whose Call-ID
is in it with `kamcmd dlg.end_dlg`: Kamailio sends BYE both ways. A first argument is the control socket of kamcmd -s.
docs/HANGUP.md says how to set it up. Exit codes: 0 every call was hung up or is over already; 1 some could not be;
2 the document or Kamailio is at fault and nothing was done.
"""

import json
import re
import subprocess
import sys
import time

PATIENCE = 8
# States of a dialog (module dialog): 3 and 4 are answered, 5 is over.
ANSWERED = ("3", "4")
OVER = "5"
TRIES = 10
PAUSE = 0.2
FIELD = re.compile(r"^\s*([\w-]+):\s*(.*?)\s*$")


class Fault(Exception):
    """What keeps everything from being done, and what to do about it."""


def say(text):
    print("kamailio-hangup: " + text, file=sys.stderr, flush=True)


def wanted(text):
    """The calls of the document: their names, and the Call-IDs of each."""
    try:
        calls = json.loads(text)["calls"]
        return [(call["id"], set(call["sip_call_ids"])) for call in calls]
    except (ValueError, KeyError, TypeError) as error:
        raise Fault(f"standard input holds no document of Ringfence ({error!r})") from error


class Kamailio:
    """What kamcmd does."""

    def __init__(self, control):
        self.options = ["-s", control] if control else []

    def ask(self, *words):
        """Whether the command was done, and what was said."""
        try:
            done = subprocess.run(
                ["kamcmd", *self.options, *words], capture_output=True, timeout=PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Fault(f"kamcmd: {error}; it comes with kamailio") from error
        text = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
        return done.returncode == 0 and not text.startswith("error:"), text

    def dialogs(self):
        """The dialogs that go on: Call-ID, entry and number of each."""
        is_done, text = self.ask("dlg.list")
        if not is_done:
            raise Fault(f"Kamailio does not list its dialogs ({text[:200]}): it needs the modules ctl and dialog")
        dialogs, current = [], {}
        for line in text.splitlines():
            field = FIELD.match(line)
            if not field:
                continue
            name, value = field.groups()
            if name == "h_entry":
                current = {}
                dialogs.append(current)
            current.setdefault(name, value)
        return [dialog for dialog in dialogs if dialog.get("state") != OVER]

    def hang_up(self, dialog):
        """Why the dialog goes on; None where it is over."""
        if dialog.get("state") not in ANSWERED:
            return "nobody has answered yet, and Kamailio ends only what is answered"
        is_done, text = self.ask("dlg.end_dlg", dialog["h_entry"], dialog["h_id"])
        if not is_done:
            return text
        # The answer comes before the other sides have taken the BYE.
        for _ in range(TRIES):
            time.sleep(PAUSE)
            name = (dialog["h_entry"], dialog["h_id"])
            if name not in [(other["h_entry"], other["h_id"]) for other in self.dialogs()]:
                return None
        return f"it is still there {TRIES * PAUSE:.0f} s later"


def hang_up_all(kamailio, calls):
    """Ends every dialog of the calls; returns how many could not be."""
    found = {}
    for dialog in kamailio.dialogs():
        found.setdefault(dialog.get("call-id"), []).append(dialog)
    left = 0
    for call, ids in calls:
        dialogs = [dialog for call_id in sorted(ids) for dialog in found.get(call_id, [])]
        if not ids:
            say(f"call {call}: its Call-IDs are not known, so it cannot be found: it goes on")
            left += 1
        elif not dialogs:
            say(f"call {call}: no dialog has one of its {len(ids)} Call-IDs: it is over, or not on this Kamailio")
        for dialog in dialogs:
            why = kamailio.hang_up(dialog)
            name = f"dialog {dialog['h_entry']}:{dialog['h_id']}"
            say(f"call {call}: {name}: {'not hung up: ' + why if why else 'hung up'}")
            left += why is not None
    return left


def main(arguments):
    if len(arguments) > 2:
        raise Fault(f"usage: {arguments[0]} [CONTROL-SOCKET]")
    calls = wanted(sys.stdin.read())
    if not calls:
        say("the document names no call: nothing to hang up")
        return 0
    kamailio = Kamailio(arguments[1] if len(arguments) == 2 else None)
    return 1 if hang_up_all(kamailio, calls) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv))
    except Fault as fault:
        say(str(fault))
        sys.exit(2)
