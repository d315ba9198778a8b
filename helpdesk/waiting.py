"""Why what is to leave is still here, and letting it go when its way is open again.

A cause is a word of the label table `waits`: what is wrong with our own way out, so that no notice
can leave by it, whoever it is for. It ends no notice: all of them wait until somebody mends it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from helpdesk.models import MailDomain, Outbox

#: does not pass by itself: somebody has to change a setting, a password, a grant, a certificate
BROKEN = frozenset({"no-tls", "tls", "log-in", "no-token"})
#: of no single notice; `rights` may be, a relay refuses some recipients in the same words
ANYBODYS = BROKEN | {"away"}
#: so long at most until somebody knocks again: others wait for what comes of it
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Broken:
    """A channel by which nothing leaves. `since`: the oldest that waits; `said`: to that one."""

    channel: str
    cause: str
    since: datetime
    said: str


def why(session: Session, outbox_ids: Collection[int]) -> dict[int, str]:
    """What each of these that is still queued waits for: its cause, `earlier` (another of its lane
    goes first) or `domain` (has put off what came); nothing for one whose turn is to come."""
    if not outbox_ids:
        return {}
    rows = session.execute(
        select(Outbox.id, Outbox.lane, Outbox.cause, MailDomain.domain)
        .outerjoin(MailDomain, MailDomain.domain == Outbox.domain)
        .where(Outbox.id.in_(sorted(outbox_ids)), Outbox.state == "queued")
    ).all()
    ahead: dict[str, tuple[int, str]] = {}
    refused = select(Outbox.lane, Outbox.id, Outbox.cause).where(
        Outbox.lane.in_(sorted({row.lane for row in rows})),
        Outbox.state == "queued",
        Outbox.error != "",
    )
    for lane, outbox_id, cause in session.execute(refused.order_by(Outbox.id)):
        ahead.setdefault(lane, (outbox_id, cause or "earlier"))
    found: dict[int, str] = {}
    for row in rows:
        first, its_cause = ahead.get(row.lane, (row.id, ""))
        behind = its_cause if first < row.id else ""
        if word := row.cause or behind or ("domain" if row.domain is not None else ""):
            found[row.id] = word
    return found


def free(session: Session, channel: str, *, now: datetime) -> None:
    """Something has left by it: whatever waited for that leaves now. What another sender holds at
    this moment finds out by itself."""
    waiting = (
        select(Outbox.id)
        .where(
            Outbox.state == "queued",
            Outbox.cause != "",
            Outbox.channel == channel,
            Outbox.cause.in_(sorted(ANYBODYS)),
            Outbox.lease_until.is_(None),
        )
        .order_by(Outbox.id)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(waiting).all()
    if ids:
        session.execute(
            update(Outbox)
            .where(Outbox.id.in_(ids))
            .values(not_before=now, cause="")
            .execution_options(synchronize_session=False)
        )


def broken(session: Session, channels: Collection[str], *, before: datetime) -> list[Broken]:
    """Channels by which what was written `before` cannot leave until somebody mends them."""
    oldest = session.execute(
        select(Outbox.channel, func.min(Outbox.id), func.min(Outbox.created_at))
        .where(
            Outbox.state == "queued",
            Outbox.cause != "",
            Outbox.cause.in_(sorted(BROKEN)),
            Outbox.channel.in_(sorted(channels)),
            Outbox.created_at <= before,
        )
        .group_by(Outbox.channel)
    ).all()
    found: list[Broken] = []
    for channel, first, since in oldest:
        row = session.get_one(Outbox, first)
        found.append(Broken(channel, row.cause, since, row.error))
    return found
