"""What a notice may say, decided at the moment it leaves.

An answer carries its text only into a mail thread or chat the provider itself has written in, and
never when the ticket or the message is secret; any other notice carries protocol and link. The
subject is constant for a ticket and never our title or classification (DESIGN §4, Health data).

Keys of `Outbound.data` (all plain JSON): `insurer`, `link`, `number`, `protocol`, `subject`,
`endpoint_id`, `mailbox`, `references` (ours and theirs, oldest first), `in_reply_to`, `contact`,
`due_at` (RFC 3339), `text` and `author` (only when they may be said), `answer_token` (where the
answer is not one of an endpoint), `rate_link` (of a closing), plus the notice's own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import confirming, ratings
from helpdesk.border import Address, Channel, File, Outbound
from helpdesk.models import Attachment, Endpoint, Message, Outbox, Ticket
from helpdesk.policy import Policy

#: References of a long thread are cut: RFC 5322 §3.6.4 asks for the parents, not for all of them
MOST_REFERENCES = 12
#: notices that carry what somebody wrote
ANSWERS = frozenset({"replied", "closed", "reopened", "pending"})


def write(session: Session, rows: Sequence[Outbox], policy: Policy) -> list[Outbound]:
    """Five queries for any number of rows."""
    if not rows:
        return []
    numbers = {row.number for row in rows if row.number is not None}
    tickets = {
        t.number: t for t in session.scalars(select(Ticket).where(Ticket.number.in_(numbers)))
    }
    endpoint_ids = {row.endpoint_id for row in rows if row.endpoint_id is not None}
    endpoints = {
        e.id: e for e in session.scalars(select(Endpoint).where(Endpoint.id.in_(endpoint_ids)))
    }
    message_ids = {row.message_id for row in rows if row.message_id is not None}
    messages = {
        m.id: m for m in session.scalars(select(Message).where(Message.id.in_(message_ids)))
    }
    files = _files(session, message_ids)
    threads = _threads(session, endpoint_ids)
    letters: list[Outbound] = []
    for row in rows:
        ticket = tickets.get(row.number or 0)
        endpoint = endpoints.get(row.endpoint_id or 0)
        message = messages.get(row.message_id or 0)
        said = ticket is not None and _may_say(row, ticket, endpoint, message)
        data: dict[str, Any] = {"insurer": policy.insurer, "link": policy.public_url, **row.data}
        if ticket is not None:
            data |= _of_ticket(row, ticket, policy)
            data |= _thread(row, ticket, threads.get(row.endpoint_id or 0, []), policy)
        data |= _answerable(row, policy)
        if row.notice == confirming.NOTICE and row.endpoint_id is not None:
            data["link"] = confirming.link(policy, row.endpoint_id, row.created_at)
        if row.notice == "closed" and message is not None:
            data["rate_link"] = ratings.link(policy, message.id, row.created_at)
        if said and message is not None:
            data |= {"text": message.text, "author": message.author_name}
        letters.append(
            Outbound(
                id=row.id,
                ref=f"outbox/{row.id}",
                notice=row.notice,
                address=Address(Channel(row.channel), row.address, row.name),
                data=data,
                files=tuple(files.get(row.message_id or 0, ())) if said else (),
                number=row.number,
                automatic=row.automatic,
            )
        )
    return letters


def subject(ticket: Ticket) -> str:
    """`Re: <their subject>` for a ticket opened by mail, else `Protocolo <n>`; constant."""
    if ticket.subject is not None:
        kept = ticket.subject.strip()
        return kept if kept.lower().startswith("re:") else f"Re: {kept}".strip()
    return f"Protocolo {ticket.protocol or ticket.number}"


def reference(ticket: Ticket) -> str:
    """How the ticket is named in an address of the portal: the protocol, or `n<number>`."""
    return ticket.protocol or f"n{ticket.number}"


def _may_say(
    row: Outbox, ticket: Ticket, endpoint: Endpoint | None, message: Message | None
) -> bool:
    return (
        row.notice in ANSWERS
        and endpoint is not None
        and endpoint.spoke
        and ticket.secret_group is None
        and message is not None
        and message.audience == "public"
        and message.secret_group is None
    )


def _of_ticket(row: Outbox, ticket: Ticket, policy: Policy) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "protocol": ticket.protocol,
        "subject": subject(ticket),
        "mailbox": ticket.mailbox or policy.mail_address,
        "contact": ticket.contact_name,
        "due_at": ticket.due_at.isoformat(),
        "opened_at": ticket.opened_at.isoformat(),
        "link": row.data.get("link") or policy.link(f"/fale-conosco/{reference(ticket)}"),
    }


def _answerable(row: Outbox, policy: Policy) -> dict[str, Any]:
    """The token of the reply address where no endpoint has one: an agent, a domain that is asked.

    An agent's notice names its agent; whoever reads the answer asks what that agent may do.
    """
    agent_id, domain_id = row.data.get("agent_id"), row.data.get("domain_id")
    if row.number is not None and isinstance(agent_id, int):
        return {"answer_token": policy.keyring.agent_token(row.number, agent_id)}
    if isinstance(domain_id, int):
        asked_at = datetime.fromisoformat(row.data["asked_at"])
        return {"answer_token": policy.keyring.domain_token(domain_id, asked_at)}
    return {}


def _thread(row: Outbox, ticket: Ticket, mail_ids: list[str], policy: Policy) -> dict[str, Any]:
    """A ticket without mail of its own gets a root id of ours, so that all its notices thread."""
    if row.channel != Channel.MAIL or row.endpoint_id is None:
        return {}
    domain = (ticket.mailbox or policy.mail_address or "@localhost").rpartition("@")[2]
    root = policy.keyring.message_id(ticket.number, 0, row.endpoint_id, domain)
    references = mail_ids[-MOST_REFERENCES:] or [root]
    return {
        "endpoint_id": row.endpoint_id,
        "references": references,
        "in_reply_to": references[-1],
    }


def _files(session: Session, message_ids: set[int]) -> dict[int, list[File]]:
    found: dict[int, list[File]] = {}
    query = select(Attachment).where(
        Attachment.message_id.in_(message_ids),
        Attachment.audience == "public",
        Attachment.secret_group.is_(None),
    )
    for a in session.scalars(query.order_by(Attachment.id)):
        found.setdefault(a.message_id, []).append(
            File(a.filename, a.content_type, a.size, a.sha256, a.inline, a.content_id)
        )
    return found


def _threads(session: Session, endpoint_ids: set[int]) -> dict[int, list[str]]:
    """Message-IDs of what came in by each endpoint, oldest first."""
    found: dict[int, list[str]] = {}
    query = (
        select(Message.endpoint_id, Message.mail_id)
        .where(Message.endpoint_id.in_(endpoint_ids), Message.mail_id.is_not(None))
        .order_by(Message.id)
    )
    for endpoint_id, mail_id in session.execute(query):
        assert endpoint_id is not None
        assert mail_id is not None
        found.setdefault(endpoint_id, []).append(mail_id)
    return found
