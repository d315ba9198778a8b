"""A notice as a mail: whom it is from, what it answers, what it says. Pure.

Keys of `Outbound.data`; templates see all of them, None where the core says nothing:

| key | type | used for |
|---|---|---|
| `insurer` | str | the name beside our address, first line of the page |
| `subject` | str | Subject; without it `subject.txt` of the notice says it |
| `mailbox` | str | the address of ours it leaves from (default: the first one) |
| `endpoint_id` | int | the reply token; without it and `answer_token` nobody is asked to reply |
| `answer_token` | str | the reply token of an agent, or of a domain that is asked |
| `references` | list of str | References, oldest first |
| `in_reply_to` | str | In-Reply-To |
| `number`, `protocol` | int, str | how the ticket is named in the body |
| `due_at` | RFC 3339 | when the answer is promised |
| `text`, `author` | str | what an agent wrote and who; absent when it may not be said |
| `link` | URL | the button |
| `by` | str | agent_forwarded: who forwarded |
| `agent_id` | int | the agent it is for, who may answer it |
| `domain` | str | confirm_domain: what is asked about, for `provider` |
| `code`, `minutes` | str, int | login_code: the code and how long it holds |
| `name`, `provider`, `days` | str, str, int | invitation: who, for whom, how long it holds |
| `protocols` | list | digest: what was opened meanwhile |
| `alarms` | list of `{kind, code, detail}` | alarm: what is wrong with the instance |
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import cast

from channels.mail import mime
from channels.mail.domains import ascii_domain
from channels.mail.mime import Attached
from channels.mail.signing import Signer
from helpdesk.border import Outbound
from helpdesk.errors import Undeliverable
from helpdesk.reply_addresses import reply_address
from helpdesk.tokens import BOUNCE, Keyring

Render = Callable[[str, dict[str, object]], str]

#: notices that a person may answer by replying
ANSWERABLE = frozenset({"opened", "replied", "closed", "reopened", "pending"})
#: automatic answers to something somebody sent (RFC 3834 §5); other automatic mail is not an answer
ACKNOWLEDGEMENTS = frozenset({"opened"})
#: RFC 3463 §3.2: bad destination mailbox address syntax
NO_ADDRESS = "5.1.3"
#: what every template may ask for
KEYS = (
    "number",
    "protocol",
    "due_at",
    "text",
    "author",
    "link",
    "by",
    "domain",
    "agent_id",
    "code",
    "minutes",
    "name",
    "provider",
    "days",
    "protocols",
    "alarms",
)

_ADDRESS = re.compile(
    r"[^\s<>()\[\]\\,;:@\"\x00-\x20\x7f-\x9f]+@[^\s<>()\[\]\\,;:@\"\x00-\x20\x7f]+"
)
_ID = re.compile(r"<[!-;=?-~]{1,996}>")


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """A message ready for the relay. `utf8`: its headers or addresses need SMTPUTF8 (RFC 6531)."""

    message: bytes
    message_id: str
    envelope_from: str
    recipient: str
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is the same for every mail of this instance; the first of `mailboxes` is the default."""

    mailboxes: tuple[str, ...]
    template: str
    keyring: Keyring
    render: Render
    signer: Signer | None = None


def compose(
    outbound: Outbound, files: Sequence[Attached], sheet: Sheet, now: datetime
) -> ComposedMail:
    """Write the mail; `now` is its Date. A retry differs from the first try in nothing else but the
    signature over it.

    Raises `Undeliverable` when the recipient is no address.
    """
    data = outbound.data
    recipient, utf8 = _recipient(outbound.address.value)
    sender = _text(data, "mailbox")
    if sender not in sheet.mailboxes:
        # Given up since the ticket was opened: nobody would read what comes back to it.
        sender = sheet.mailboxes[0]
    endpoint_id = data.get("endpoint_id")
    continues = isinstance(endpoint_id, int) and outbound.notice in ANSWERABLE
    ids = (outbound.number or 0, outbound.id, endpoint_id if isinstance(endpoint_id, int) else 0)
    message_id = sheet.keyring.message_id(*ids, sender.rpartition("@")[2])
    token = _text(data, "answer_token")
    if continues:
        token = sheet.keyring.reply_token(ids[0], ids[2])
    context = _context(outbound, files, answerable=bool(token))
    folder = f"mail/{outbound.notice}"
    subject = _text(data, "subject") or sheet.render(f"{folder}/subject.txt", context)
    head = [
        mime.mailbox("From", _text(data, "insurer"), sender),
        mime.mailbox("To", outbound.address.name, recipient),
        mime.text("Subject", subject),
        f"Date: {format_datetime(now)}\r\n".encode(),
        mime.ids("Message-ID", (message_id,)),
        # Repeated because relays and lists rename messages: by it we know our own when they come
        # back (channels.mail.parse).
        mime.ids("X-Ponte-Id", (message_id,)),
        mime.ids("In-Reply-To", _ids([data.get("in_reply_to")])),
        mime.ids("References", _ids(data.get("references"))),
    ]
    if token:
        head.append(mime.mailbox("Reply-To", "", reply_address(sender, token, sheet.template)))
    if outbound.automatic:
        kind = "auto-replied" if outbound.notice in ACKNOWLEDGEMENTS else "auto-generated"
        head.append(f"Auto-Submitted: {kind}\r\nX-Auto-Response-Suppress: All\r\n".encode())
    head.append(b"Content-Language: pt-BR\r\nMIME-Version: 1.0\r\n")
    body = mime.alternative(
        sheet.render(f"{folder}/body.txt", context),
        sheet.render(f"{folder}/body.html", context),
        mime.boundary(outbound.ref, "a"),
    )
    if files:
        body = mime.with_files(body, files, mime.boundary(outbound.ref, "m"))
    bounce = BOUNCE + sheet.keyring.bounce_token(outbound.id)
    message = b"".join(head) + body
    if sheet.signer is not None:
        message = sheet.signer.sign(message, sender.rpartition("@")[2])
    return ComposedMail(
        message=message,
        message_id=message_id,
        envelope_from=reply_address(sender, bounce, sheet.template),
        recipient=recipient,
        utf8=utf8,
    )


def _context(
    outbound: Outbound, files: Sequence[Attached], *, answerable: bool
) -> dict[str, object]:
    due_at = _text(outbound.data, "due_at")
    return {
        **dict.fromkeys(KEYS),
        **outbound.data,
        "due_at": datetime.fromisoformat(due_at) if due_at else None,
        "answerable": answerable,
        "files": [{"filename": file.filename, "size": len(file.data)} for file in files],
    }


def _recipient(address: str) -> tuple[str, bool]:
    """The address as the envelope takes it, and whether that needs SMTPUTF8."""
    found = _ADDRESS.fullmatch(address)
    local, _, given = address.rpartition("@")
    domain = ascii_domain(given)
    if found is None or not domain:
        msg = f"not an address: {mime.line(address)}"
        raise Undeliverable(msg, NO_ADDRESS)
    return f"{local}@{domain}", not local.isascii()


def _ids(values: object) -> list[str]:
    """The Message-IDs among `values`; what is none would break the header of those that are."""
    if not isinstance(values, list):
        return []
    candidates = cast("list[object]", values)
    return [value for value in candidates if isinstance(value, str) and _ID.fullmatch(value)]


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
