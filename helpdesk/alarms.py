"""What is wrong with the instance right now: found by looking, raised and cleared as rows.

Two kinds of finder: each process looks at its own listeners (their state is in its memory), one
elected process looks at the database. A banner in the console is the truth; a mail goes out once
beside it, since a mail about broken mail may never leave.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from helpdesk import catalog, events, notices, waiting, webhooks
from helpdesk.border import Actor, Channel
from helpdesk.deadlines import working_time
from helpdesk.models import Agent, Alarm, Held, InboundRaw, Log, MailDomain, Outbox, Profile
from helpdesk.notices import Notice
from helpdesk.policy import Policy

#: fetching: failing for so long, or silent although nothing was said to be wrong
FAILING = timedelta(minutes=5)
SILENT = timedelta(minutes=15)
#: held messages that are more than a few agents look through in a day, and a wave of them
HELD_MANY = 100
HELD_BURST = 50
BURST = timedelta(hours=1)
#: mail that nobody applied, a notice that was due and nobody sends; a change that nobody sealed
STUCK = timedelta(minutes=15)
UNSEALED = timedelta(minutes=10)
#: an alarm that goes by itself within this time is no mail
TOLD_AFTER = timedelta(minutes=5)
#: the notice that tells it
NOTICE = "alarm"
FETCHING = "fetching"
#: kinds the database shows; `FETCHING` is the listeners'
OF_DATABASE = (
    "held-many", "held-burst", "held-old", "applying", "outbox", "refused", "sealing", "webhook",
)  # fmt: skip
KINDS = (FETCHING, *OF_DATABASE)


@dataclass(frozen=True, slots=True)
class Found:
    """`code` is unique: the kind, and what it is about. `detail`: what a machine said, or a
    count."""

    code: str
    kind: str
    since: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Listener:
    """What is known of a listener. `growing_since`: messages wait on the other side, ever more."""

    name: str
    last_success: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""
    lag: int = 0
    growing_since: datetime | None = None


def of_listener(listener: Listener, now: datetime) -> Found | None:
    """None when it fares well, or when nothing is known of it in this process.

    A first look at a large folder takes its time: while messages wait and become fewer, silence is
    work.
    """
    code = code_of(listener.name)
    failing, last = listener.failing_since, listener.last_success
    if failing is not None and now - failing >= FAILING:
        return Found(code, FETCHING, failing, listener.error)
    growing = listener.growing_since
    if growing is not None and now - growing >= SILENT:
        return Found(code, FETCHING, growing, str(listener.lag))
    if failing is None and last is not None and now - last >= SILENT and listener.lag == 0:
        return Found(code, FETCHING, last)
    return None


def code_of(name: str) -> str:
    """Of a listener's alarm; what the column holds."""
    return f"{FETCHING}:{name}"[:300]


def of_database(
    session: Session, policy: Policy, channels: Collection[str], *, now: datetime
) -> list[Found]:
    """`channels`: those that have a sender; without one notices wait on purpose."""
    found = [
        *_held(session, policy, now),
        _applying(session, now),
        _outbox(session, channels, now),
        *_refused(session, channels, now),
        _sealing(session, now),
        *(
            Found(f"webhook:{webhook_id}", "webhook", since, host)
            for webhook_id, since, host in webhooks.failing(session, before=now - STUCK)
        ),
    ]
    return [each for each in found if each is not None]


def settle(
    session: Session, found: Sequence[Found], codes: Collection[str], *, now: datetime
) -> None:
    """Make the rows of `codes` be what was found: new ones raised, those that are over removed."""
    wanted = {each.code: each for each in found}
    over = set(codes) - wanted.keys()
    session.execute(delete(Alarm).where(Alarm.code.in_(sorted(over))))
    known = set(session.scalars(select(Alarm.code).where(Alarm.code.in_(sorted(wanted)))))
    rows = [
        {"code": each.code, "kind": each.kind, "since": min(each.since, now), "detail": each.detail}
        for code, each in wanted.items()
        if code not in known
    ]
    if rows:
        session.execute(insert(Alarm), rows)
    events.emit(session, None, "alarm", now=now)
    for code in known:
        detail = wanted[code].detail
        session.execute(
            update(Alarm).where(Alarm.code == code, Alarm.detail != detail).values(detail=detail)
        )


def differs(session: Session, found: Sequence[Found], codes: Collection[str]) -> bool:
    """Whether `settle` would change anything: an idle timer writes nothing."""
    rows = session.execute(select(Alarm.code, Alarm.detail).where(Alarm.code.in_(sorted(codes))))
    return dict(rows.all()) != {each.code: each.detail for each in found}


def raised(session: Session, kinds: Collection[str]) -> list[str]:
    """Codes of the alarms of these kinds: one kind may be about several things."""
    return list(session.scalars(select(Alarm.code).where(Alarm.kind.in_(sorted(kinds)))))


def strays(session: Session, names: Collection[str]) -> list[str]:
    """Codes about listeners that are configured no longer."""
    codes = session.scalars(select(Alarm.code).where(Alarm.kind == FETCHING))
    known = {code_of(name) for name in names}
    return [code for code in codes if code not in known]


def current(session: Session) -> list[Alarm]:
    """Oldest first, for whoever runs the instance."""
    return list(session.scalars(select(Alarm).order_by(Alarm.since, Alarm.code)))


def seen(session: Session, actor: Actor) -> list[Alarm]:
    """Those an agent is shown: nothing to who could not look into them."""
    return current(session) if actor.may("quarantine") else []


def untold(session: Session, *, now: datetime) -> bool:
    query = select(Alarm.code).where(Alarm.told_at.is_(None), Alarm.since <= now - TOLD_AFTER)
    return session.scalar(query.limit(1)) is not None


def tell(session: Session, policy: Policy, *, now: datetime) -> int:
    """One mail to each active administrator who has an address, with all that is new."""
    fresh = session.scalars(
        select(Alarm)
        .where(Alarm.told_at.is_(None), Alarm.since <= now - TOLD_AFTER)
        .order_by(Alarm.since)
        .with_for_update()
    ).all()
    listed = [{"kind": a.kind, "detail": a.detail, "code": a.code} for a in fresh]
    for alarm in fresh:
        alarm.told_at = now
    to = _administrators(session) if fresh else []
    data = {"alarms": listed, "link": policy.link("/central/quarentena/entradas")}
    told = [Notice(NOTICE, Channel.MAIL, email, to_name=name, data=data) for email, name in to]
    notices.post(session, told, now=now)
    return len(told)


def _administrators(session: Session) -> list[tuple[str, str]]:
    query = (
        select(Agent.email, Agent.name, Profile.permissions)
        .join(Profile, Profile.id == Agent.profile_id)
        .where(Agent.active, Agent.email != "")
        .order_by(Agent.id)
    )
    rows = session.execute(query)
    return [(email.lower(), name) for email, name, permissions in rows if "*" in permissions]


def _held(session: Session, policy: Policy, now: datetime) -> list[Found]:
    waits = Held.state == "held"
    newest = select(Held.id).where(waits).limit(HELD_MANY + 1).subquery()
    found: list[Found] = []
    if (session.scalar(select(func.count()).select_from(newest)) or 0) > HELD_MANY:
        found.append(Found("held-many", "held-many", now, str(HELD_MANY)))
    wave = (
        select(Held.received_at)
        .where(waits)
        .order_by(Held.id.desc())
        .limit(HELD_BURST + 1)
        .subquery()
    )
    count, first = session.execute(select(func.count(), func.min(wave.c.received_at))).one()
    if count > HELD_BURST and now - first <= BURST:
        found.append(Found("held-burst", "held-burst", first, str(HELD_BURST)))
    oldest = session.scalars(
        select(Held.received_at).where(waits).order_by(Held.id).limit(1)
    ).first()
    if oldest is not None:
        calendar = catalog.calendar(session, policy)
        day = datetime.combine(now, calendar.closes) - datetime.combine(now, calendar.opens)
        if working_time(oldest, now, calendar) > day:
            found.append(Found("held-old", "held-old", oldest))
    return found


def _applying(session: Session, now: datetime) -> Found | None:
    """The oldest arrival that nobody has turned into a message, or held, for long."""
    oldest = session.scalars(
        select(InboundRaw.received_at)
        .where(InboundRaw.state == "waiting")
        .order_by(InboundRaw.id)
        .limit(1)
    ).first()
    if oldest is None or now - oldest < STUCK:
        return None
    return Found("applying", "applying", oldest)


def _outbox(session: Session, channels: Collection[str], now: datetime) -> Found | None:
    """The head of a lane that has been due for long, and neither is being sent nor waits for its
    domain: what stands behind it waits in order."""
    earlier = aliased(Outbox)
    before = (
        select(earlier.id)
        .where(earlier.lane == Outbox.lane, earlier.state == "queued", earlier.id < Outbox.id)
        .exists()
    )
    since = session.scalar(
        select(func.min(Outbox.not_before)).where(
            Outbox.state == "queued",
            Outbox.channel.in_(sorted(channels)),
            Outbox.not_before <= now - STUCK,
            or_(Outbox.lease_until.is_(None), Outbox.lease_until < now),
            ~before,
            ~_resting(now),
        )
    )
    return Found("outbox", "outbox", since) if since is not None else None


def _refused(session: Session, channels: Collection[str], now: datetime) -> list[Found]:
    """A channel by which nothing leaves: a log-in that is refused, a server that is gone. One
    recipient who takes nothing is that recipient's affair, unless it is known to be ours."""
    broken = waiting.broken(session, channels, before=now - FAILING)
    found = [
        Found(f"refused:{each.channel}:{each.cause}", "refused", each.since, each.said)
        for each in broken
    ]
    others = set(channels) - {each.channel for each in broken}
    refused = session.execute(
        select(Outbox.channel, func.min(Outbox.id), func.min(Outbox.created_at))
        .where(
            Outbox.state == "queued",
            Outbox.channel.in_(sorted(others)),
            Outbox.error != "",
            Outbox.created_at <= now - STUCK,
            ~_resting(now),
        )
        .group_by(Outbox.channel)
        .having(func.count(Outbox.lane.distinct()) > 1)
    ).all()
    for channel, first, since in refused:
        after = Outbox.id >= first
        left = select(Outbox.id).where(Outbox.state == "sent", Outbox.channel == channel, after)
        if session.scalars(left.limit(1)).first() is None:
            said = session.scalar(select(Outbox.error).where(Outbox.id == first))
            found.append(Found(f"refused:{channel}", "refused", since, said or ""))
    return found


def _resting(now: datetime) -> ColumnElement[bool]:
    """All mail for the domain waits."""
    return (
        select(MailDomain.domain)
        .where(MailDomain.domain == Outbox.domain, MailDomain.until > now)
        .exists()
    )


def _sealing(session: Session, now: datetime) -> Found | None:
    at = session.scalars(
        select(Log.at).where(Log.seal_id.is_(None)).order_by(Log.id).limit(1)
    ).first()
    return Found("sealing", "sealing", at) if at is not None and now - at >= UNSEALED else None
