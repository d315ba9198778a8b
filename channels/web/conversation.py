"""One contact as its provider sees it: loaded here, shown by reading, writing and confirmation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from channels.web.visitors import HOME, Visitor
from helpdesk import contacts, drafts, parameters, pieces, ratings, thread
from helpdesk.border import ActorKind
from helpdesk.drafts import Kept
from helpdesk.errors import NotVisible
from helpdesk.models import Rating
from helpdesk.pieces import Begun
from helpdesk.policy import Policy
from helpdesk.rows import Row
from helpdesk.views import MessageView, Thread


@dataclass(frozen=True, slots=True)
class File:
    filename: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class Bubble:
    """`mine`: said by the provider's side; `you`: by the very person who reads."""

    id: int
    kind: str
    channel: str
    author_name: str
    author_note: str
    at: datetime
    text: str
    attachments: list[File]
    mine: bool
    you: bool
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """`first_new` is the first answer not read before; `reopens_until` of a closed contact: until
    when an addition opens it again."""

    thread: Thread
    bubbles: list[Bubble]
    first_new: int | None
    reopens_until: datetime | None
    draft: Kept | None
    #: files of an addition that stopped on the way
    begun: Sequence[Begun]
    #: where the contact goes on, when it was joined to another; "" for one that is not the reader's
    continued_in: str | None
    #: of a closed one: what was said of it, and whether it may be said still
    rated: Rating | None
    rateable: bool


def load(
    session: Session, visitor: Visitor, ref: str, *, policy: Policy, now: datetime
) -> Conversation:
    """Raises `NotVisible`."""
    number = thread.find(session, visitor.actor, ref)
    found = thread.view(session, visitor.actor, number, policy=policy, now=now)
    said = found.messages
    agents = {m.author_id for m in said if m.author_kind == ActorKind.AGENT and m.author_id}
    sectors = contacts.sectors(session, sorted(agents))
    seen = contacts.last_read(session, visitor.actor, number)
    fresh = (m.id for m in said if m.direction == "outbound" and m.id > seen)
    closed_at = found.row.closed_at
    asked = ratings.of_ticket(session, visitor.actor, number)
    days = timedelta(days=parameters.load(session).reopen_days)
    return Conversation(
        thread=found,
        bubbles=[_bubble(m, visitor, sectors) for m in said],
        first_new=next(fresh, None),
        reopens_until=closed_at + days if closed_at else None,
        draft=drafts.load(session, visitor.owner, drafts.of_ticket(number)),
        begun=pieces.unfinished(session, visitor.owner, drafts.of_ticket(number), now=now),
        continued_in=_continued(session, visitor, found, policy, now),
        rated=asked.given if asked else None,
        rateable=asked is not None and asked.given is None,
    )


def reference(row: Row) -> str:
    """How a contact is named in an address: its protocol, or `n<number>`."""
    return row.protocol or f"n{row.number}"


def address(row: Row) -> str:
    return f"{HOME}/{reference(row)}"


def _continued(
    session: Session, visitor: Visitor, found: Thread, policy: Policy, now: datetime
) -> str | None:
    if found.merged_into is None:
        return None
    try:
        target = thread.view(session, visitor.actor, found.merged_into, policy=policy, now=now)
    except NotVisible:
        return ""
    return reference(target.row)


def _bubble(message: MessageView, visitor: Visitor, sectors: dict[int, str]) -> Bubble:
    mine = message.direction == "inbound"
    by_person = message.author_kind == ActorKind.PERSON
    note = "" if mine else sectors.get(message.author_id or 0, "")
    files = [
        File(file.filename, file.size, f"{HOME}/anexos/{file.public_id}")
        for file in message.attachments
    ]
    return Bubble(
        id=message.id,
        kind=message.kind,
        channel=message.channel,
        author_name=message.author_name,
        author_note=note,
        at=message.at,
        text=message.text,
        attachments=files,
        mine=mine,
        you=by_person and message.author_id == visitor.id,
        erased_at=message.erased_at,
    )
