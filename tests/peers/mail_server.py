"""A mail server for tests: aiosmtpd with STARTTLS, TLS and a login, and mailboxes that answer as their names say.

    python mail_server.py FOLDER CERTIFICATE KEY

Listens on 127.0.0.1: 2525 without TLS, 2587 with STARTTLS and login, 2465 with TLS and login, 2599 takes connections and
says nothing. Each mail is a line of FOLDER/mails.jsonl, each conversation's end before a mail one of FOLDER/log.jsonl.
"""

import asyncio
import email
import email.policy
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = b"ringfence", b"correct horse"


class Mailboxes:
    """What becomes of a mail: `refused…` never takes any, `grey…` asks for a second try, `later…` always."""

    def __init__(self, folder):
        self.folder = folder
        self.seen = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        self.log("rcpt", server, address)
        if name.startswith("refused"):
            return "550 5.1.1 no such mailbox"
        if name.startswith("later") or (name.startswith("grey") and address not in self.seen):
            self.seen.add(address)
            return "451 4.7.1 greylisted, try again"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = [part for part in mail.walk() if not part.is_multipart()]
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": is_encrypted(server),
            "user": session.auth_data.login.decode() if session.auth_data else None,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "type": mail.get_content_type(),
            "parts": {part.get_content_type(): part.get_content() for part in parts},
            "defects": [str(defect) for part in mail.walk() for defect in part.defects],
        }
        with open(self.folder / "mails.jsonl", "a") as file:
            file.write(json.dumps(told) + "\n")
        return "250 2.0.0 Ok: queued as 4F"

    def log(self, what, server, value):
        with open(self.folder / "log.jsonl", "a") as file:
            file.write(json.dumps({"what": what, "value": value, "tls": is_encrypted(server)}) + "\n")

    def login(self, server, session, envelope, mechanism, data):
        good = data.login == USER and data.password == PASSWORD
        self.log("login", server, good)
        return AuthResult(success=good, handled=False, auth_data=data if good else None)


def is_encrypted(server):
    return server.transport.get_extra_info("sslcontext") is not None


async def main(folder, certificate, key):
    folder = pathlib.Path(folder)
    boxes = Mailboxes(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()

    def smtp(**options):
        return lambda: SMTP(boxes, hostname="mail.test", loop=loop, **options)

    login = {"authenticator": boxes.login, "auth_required": True}
    starttls = smtp(tls_context=context, require_starttls=True, **login)
    # Within TLS the login needs no STARTTLS.
    wrapped = smtp(auth_require_tls=False, **login)
    silent = lambda: asyncio.Protocol()
    servers = [
        await loop.create_server(smtp(), "127.0.0.1", 2525),
        await loop.create_server(starttls, "127.0.0.1", 2587),
        await loop.create_server(wrapped, "127.0.0.1", 2465, ssl=context),
        await loop.create_server(silent, "127.0.0.1", 2599),
    ]
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main(*sys.argv[1:]))
