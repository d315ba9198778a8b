"""Mail domains that take nothing just now: their queue waits as one, and one mail tries again.

A domain whose servers put off one recipient (a greylist, a limit, an outage) puts off the next one
too; knocking for each of them makes it worse for all. When the wait is over one row is sent ahead;
what becomes of it decides for the others.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from helpdesk.models import MailDomain, Outbox
from helpdesk.models.base import upsert

LONGEST_WAIT = timedelta(hours=1)
#: doublings that lead from any wait to the longest one
MOST_DOUBLED = 12


def is_open(now: datetime) -> ColumnElement[bool]:
    """Rows of the outbox whose domain does not wait."""
    waiting = select(MailDomain.domain).where(MailDomain.until > now)
    return Outbox.domain.not_in(waiting)


def one_ahead(session: Session, ready: Sequence[tuple[int, str]], now: datetime) -> list[int]:
    """Of the ready rows (id, domain) those to send: of a domain on trial one, if none is out."""
    domains = {domain for _, domain in ready if domain}
    if not domains:
        return [outbox_id for outbox_id, _ in ready]
    on_trial = set(
        session.scalars(select(MailDomain.domain).where(MailDomain.domain.in_(sorted(domains))))
    )
    if not on_trial:
        return [outbox_id for outbox_id, _ in ready]
    out = set(
        session.scalars(
            select(Outbox.domain).where(
                Outbox.state == "queued",
                Outbox.domain.in_(sorted(on_trial)),
                Outbox.lease_until >= now,
            )
        )
    )
    chosen: list[int] = []
    for outbox_id, domain in ready:
        if domain not in out:
            chosen.append(outbox_id)
        if domain in on_trial:
            out.add(domain)
    return chosen


def put_off(session: Session, domain: str, detail: str, *, now: datetime, wait: timedelta) -> None:
    """The domain did not take one: nothing leaves for it during `wait`, doubled each time in a row.

    Others that were under way when it began to wait count as the same refusal.
    """
    first = upsert(session, MailDomain).values(
        domain=domain, failures=1, until=now + wait, error=detail
    )
    session.execute(first.on_conflict_do_nothing(index_elements=["domain"]))
    known = session.get_one(MailDomain, domain, with_for_update=True)
    if known.until <= now:
        longer = min(wait * 2 ** min(known.failures, MOST_DOUBLED), LONGEST_WAIT)
        known.failures, known.until, known.error = known.failures + 1, now + longer, detail


def clear(session: Session, domain: str) -> None:
    """It takes mail again, or somebody wants to know at once."""
    if domain:
        session.execute(delete(MailDomain).where(MailDomain.domain == domain))
