"""The answers of a program that says nowhere that it is one.

Such a program opens a ticket with every acknowledgement it is sent, and is acknowledged again, for
ever. It is known by its pace: each opening follows a notice of ours at once, one for one. People,
and systems that send in bulk, do not wait for us. Soon when the words are the same each time, later
when they differ, an agent looks first; nothing is acknowledged, and so the program falls silent.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import notices
from helpdesk.border import Channel, HoldReason
from helpdesk.intake.placing import Holding, Opening, Plan
from helpdesk.matching import Hold
from helpdesk.models import Message, Outbox, Ticket
from helpdesk.outbox import LEASE

#: openings in a row that each followed a notice of ours: with the same words, with any
SAME = 3
ANY = 12
#: how soon a program answers
QUICK = timedelta(minutes=2)
#: how far back it is looked: `ANY` of them come in half an hour, `notices.BURST` at once and then
#: one to each digest
WINDOW = timedelta(hours=2)
#: as many characters as a ticket's title keeps of a subject
TITLE = 200


@dataclass(slots=True)
class Heard:
    """What went to and fro with one address, oldest first. Words of an opening as `words_of`."""

    openings: list[tuple[datetime, str]] = field(default_factory=list[tuple[datetime, str]])
    notices: list[datetime] = field(default_factory=list[datetime])
    #: numbers of ours that the program may repeat
    numbers: set[str] = field(default_factory=set[str])


def damp(session: Session, plans: Sequence[Plan], *, now: datetime) -> list[Plan]:
    """The plans, with what echoes us held instead. One query, none when no mail opens a ticket."""
    senders = {
        plan.inbound.sender.value for plan in plans if isinstance(plan, Opening) and _may_echo(plan)
    }
    if not senders:
        return list(plans)
    heard = _heard(session, senders, now)
    damped: list[Plan] = []
    for plan in plans:
        known = heard.get(plan.inbound.sender.value)
        if known is None or not isinstance(plan, Opening) or not _may_echo(plan):
            damped.append(plan)
            continue
        said = words_of(plan.inbound.title[:TITLE], plan.inbound.text, known.numbers)
        length = streak(known, now)
        if is_echo(known, said, length):
            trace = (f"verdict {plan.inbound.verdict}", f"echo {length}")
            damped.append(Holding(plan.inbound, Hold(HoldReason.LIMIT, None, trace)))
        else:
            damped.append(plan)
    return damped


def streak(heard: Heard, now: datetime) -> int:
    """How many openings in a row, with the one of `now`, each followed a notice at once."""
    times = [at for at, _ in heard.openings] + [now]
    length = 0
    for before, at in zip(reversed(times[:-1]), reversed(times[1:]), strict=True):
        if not any(max(before, at - QUICK) <= sent <= at for sent in heard.notices):
            break
        length += 1
    return length


def is_echo(heard: Heard, said: str, length: int) -> bool:
    same = all(words == said for _, words in heard.openings[-SAME:])
    return length >= ANY or (length >= SAME and same)


def words_of(title: str, text: str, numbers: Collection[str]) -> str:
    """Without numbers of ours: the program repeats what it answers."""
    said = f"{title} {text}".casefold()
    for number in sorted(numbers, key=len, reverse=True):
        said = said.replace(number, "")
    return " ".join(said.split())


def _may_echo(plan: Opening) -> bool:
    inbound = plan.inbound
    decided = inbound.placed_by is not None or inbound.quiet or inbound.imported
    return inbound.mail is not None and not decided and not inbound.files


def _heard(session: Session, senders: set[str], now: datetime) -> dict[str, Heard]:
    query = (
        select(Outbox, Ticket.number, Ticket.protocol, Ticket.title, Message.text)
        .outerjoin(Ticket, Ticket.number == Outbox.number)
        .outerjoin(Message, (Message.number == Outbox.number) & (Message.kind == "opening"))
        .where(
            Outbox.channel == Channel.MAIL,
            Outbox.address.in_(senders),
            Outbox.created_at > now - WINDOW,
            Outbox.notice.in_(["opened", notices.DIGEST]),
        )
        .order_by(Outbox.id)
    )
    found: dict[str, Heard] = {}
    said: list[tuple[Outbox, str, str]] = []
    for row, number, protocol, title, text in session.execute(query):
        heard = found.setdefault(row.address, Heard())
        # A notice that is just being sent may be answered before we know that it has left
        sent = row.sent_at or (row.lease_until - LEASE if row.lease_until else None)
        if sent is not None:
            heard.notices.append(sent)
        if row.number is not None:
            heard.numbers |= {protocol or str(number)}
            said.append((row, title, text or ""))
    for row, title, text in said:
        heard = found[row.address]
        heard.openings.append((row.created_at, words_of(title, text, heard.numbers)))
    return found
