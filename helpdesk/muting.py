"""Notices a person wants no mail of. An answer to their own mail, and what keeps their account
safe, always leaves."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import audit
from helpdesk.audit import Change
from helpdesk.border import Actor, Channel
from helpdesk.models import Endpoint, Person

#: what may be left out, and the notices each stands for
KINDS: dict[str, tuple[str, ...]] = {
    "opened": ("opened",),
    "answers": ("replied", "pending"),
    "ends": ("closed", "reopened", "deleted"),
}
_KIND = {notice: kind for kind, notices in KINDS.items() for notice in notices}


def choose(session: Session, actor: Actor, muted: Sequence[str], *, now: datetime) -> None:
    """`muted`: kinds; others are left out."""
    person = session.get_one(Person, actor.id or 0, with_for_update=True)
    chosen = [kind for kind in KINDS if kind in muted]
    if chosen == list(person.muted):
        return
    change = Change("muted", list(person.muted), chosen)
    person.muted = chosen
    audit.record(session, actor, "notices_chosen", now=now, changes=[change])


def unwanted(session: Session, asked: Collection[tuple[str, str, int | None]]) -> set[int]:
    """Of (notice, address, endpoint), the endpoints whose owner wants no mail of it.

    Only addresses nobody wrote from: whoever wrote by mail is answered by mail (DESIGN §4, Where
    the answer goes).
    """
    mine = [(n, a.casefold(), e) for n, a, e in asked if n in _KIND and e is not None]
    if not mine:
        return set()
    rows = session.execute(
        select(Person.email, Person.muted).where(
            Person.email.in_({address for _, address, _ in mine})
        )
    )
    muted = {email: set(kinds) for email, kinds in rows if kinds}
    wanted_not = {e for n, a, e in mine if _KIND[n] in muted.get(a, ())}
    if not wanted_not:
        return set()
    silent = select(Endpoint.id).where(
        Endpoint.id.in_(wanted_not), Endpoint.channel == Channel.MAIL, Endpoint.spoke.is_(False)
    )
    return set(session.scalars(silent))
