"""`ponte mail explain`: everything that is understood of a message, as plain JSON data."""

from channels.mail import authentication
from channels.mail.mailboxes import Mailbox
from channels.mail.parse import ParsedMail, parse
from helpdesk import protocol

#: protocol numbers are looked for in so much of a text
REACH = 256 * 1024


def explain(raw: bytes, *, authserv_id: str | None = None) -> dict[str, object]:
    """The contract's object (DESIGN §3): only None, bool, int, str, list and dict inside."""
    parsed = parse(raw)
    domain = parsed.from_.domain if parsed.from_ else ""
    judged = authentication.judge(parsed, authserv_id, domain)
    return {
        "message_id": parsed.message_id,
        "date": parsed.date.isoformat() if parsed.date else None,
        "subject": parsed.subject,
        "from": _address(parsed.from_),
        "reply_to": _address(parsed.reply_to),
        "to": [_address(each) for each in parsed.to],
        "cc": [_address(each) for each in parsed.cc],
        "text": parsed.text,
        "html": parsed.html,
        "reply_text": parsed.reply_text,
        "quoted_text": parsed.quoted_text,
        "attachments": [
            {
                "filename": each.filename,
                "content_type": each.content_type,
                "size": each.size,
                "sha256": each.sha256,
                "inline": each.inline,
                "content_id": each.content_id,
            }
            for each in parsed.attachments
        ],
        "automatic": parsed.automatic,
        "bounces": [
            {
                "recipient": each.recipient,
                "action": each.action,
                "status": each.status,
                "permanent": each.permanent,
                "diagnostic": each.diagnostic,
            }
            for each in parsed.bounces
        ],
        "authentication": {
            "trusted": judged.trusted,
            "spf": judged.spf,
            "dkim": judged.dkim,
            "dmarc": judged.dmarc,
        },
        "protocols": protocols(parsed),
        "defects": list(parsed.defects),
    }


def protocols(parsed: ParsedMail) -> list[dict[str, str]]:
    """Protocol numbers the message mentions, each with the first place it stands in."""
    addresses = " ".join(each.address for each in (*parsed.to, *parsed.cc))
    references = " ".join((parsed.in_reply_to or "", *parsed.references))
    places = {
        "subject": parsed.subject,
        "address": addresses,
        "references": references,
        "body": parsed.text[:REACH],
    }
    found: dict[str, str] = {}
    for where, text in places.items():
        for number in protocol.find(text):
            found.setdefault(number, where)
    return [{"number": number, "where": where} for number, where in found.items()]


def _address(mailbox: Mailbox | None) -> dict[str, str] | None:
    return {"name": mailbox.name, "address": mailbox.address} if mailbox else None
