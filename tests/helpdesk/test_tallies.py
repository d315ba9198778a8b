"""The panel's sums: whatever is done to tickets, they are what a full recount finds."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, column, func, insert, select, table, text, update
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import (
    closing,
    merging,
    migrations,
    resending,
    routing,
    secrecy,
    splitting,
    tallies,
    tickets,
)
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import HelpdeskError
from helpdesk.models import Message, Status, Tally, TallyChange, Ticket, base
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    NOW,
    form,
    make_agent,
    make_person,
    make_provider,
    make_ticket,
    receive,
)

Sums = Counter[tuple[object, ...]]


def sums(session: Session) -> Sums:
    session.flush()
    found: Sums = Counter()
    for kept in (Tally, TallyChange):
        columns = [getattr(kept, name) for name in tallies.KEY]
        for *key, n in session.execute(select(*columns, kept.n)):
            found[tuple(key)] += n
    return Counter({key: n for key, n in found.items() if n})


def recounted(session: Session, zone: ZoneInfo) -> Sums:
    """From the tickets alone, in Python."""
    found: Sums = Counter()
    for ticket in session.scalars(select(Ticket).where(Ticket.deleted_at.is_(None))):
        of = (ticket.classification_id, ticket.sector_id or 0)
        group = ticket.secret_group or ""
        for measure, at, part, n in [*happened(ticket, zone), *moved(ticket, zone)]:
            found[(measure, at, part, *of, 0, group)] += n
            if measure in {"opened", "closed", "answered", "solved"} and ticket.assignee_id:
                own = 0 if measure == "opened" else part
                found[(f"@{measure}", at, own, *of, ticket.assignee_id, group)] += n
    return Counter({key: n for key, n in found.items() if n})


def happened(t: Ticket, zone: ZoneInfo) -> Iterator[tuple[str, int, int, int]]:
    yield "opened", day(t.opened_at, zone), t.opened_at.astimezone(zone).hour, 1
    if t.answered_at is not None and t.answer_minutes is not None:
        yield "answered", day(t.answered_at, zone), part(t.answer_minutes), 1
    if t.closed_at is None:
        due = exact(t.due_at, still=t.paused_at is not None and t.due_at >= t.paused_at)
        warned = exact(
            t.attention_at, still=t.paused_at is not None and t.attention_at > t.paused_at
        )
        yield "running", due, warned, 1
        return
    yield "closed", day(t.closed_at, zone), int(t.closed_at > t.due_at), 1
    if t.solve_minutes is not None:
        yield "solved", day(t.closed_at, zone), part(t.solve_minutes), 1


def moved(t: Ticket, zone: ZoneInfo) -> Iterator[tuple[str, int, int, int]]:
    """From band to band, day by day."""
    first = day(t.opened_at, zone)
    last = max(day(at, zone) for at in (t.opened_at, t.due_at, t.attention_at, t.closed_at) if at)
    before: str | None = None
    for d in range(first, last + 1):
        now = band(t, d, zone)
        if now != before:
            if before is not None:
                yield before, d, 0, -1
            if now is not None:
                yield now, d, 0, 1
        before = now


def band(t: Ticket, d: int, zone: ZoneInfo) -> str | None:
    """At the end of the day; None when it was closed by then."""
    if t.closed_at is not None and day(t.closed_at, zone) <= d:
        return None
    still = t.paused_at if t.closed_at is None else None
    if day(t.due_at, zone) <= d and not (still and t.due_at >= still):
        return "expired"
    if day(t.attention_at, zone) <= d and not (still and t.attention_at > still):
        return "attention"
    return "within"


def day(at: datetime, zone: ZoneInfo) -> int:
    return (at.astimezone(zone).date() - date(1970, 1, 1)).days


def part(minutes: int) -> int:
    return minutes - minutes % tallies.width(minutes)


def exact(at: datetime, *, still: bool) -> int:
    return tallies.STILL if still else (at - base.EPOCH) // base.MICROSECOND


STEPS = (
    "open", "claim", "reply", "undo", "pending", "close", "reopen", "forward", "classify",
    "merge", "unmerge", "hide", "show", "split", "delete", "complement", "bulk", "fold",
)  # fmt: skip
KINDS = ("LOT", "GLO", "XML", "TRI")


def do(
    session: Session,
    policy: Policy,
    actor: Actor,
    person: Actor,
    provider: int,
    step: str,
    n: int,
    at: datetime,
) -> None:
    desk = Desk(actor, policy, at)
    numbers = list(session.scalars(select(Ticket.number).order_by(Ticket.number)))
    if step == "open" or not numbers:
        make_ticket(session, policy, provider, now=at)
        return
    if step == "fold":
        tallies.fold(session)
        return
    number = numbers[n % len(numbers)]
    other = numbers[(n // 7) % len(numbers)]
    last = session.scalar(
        select(func.max(Message.id)).where(
            Message.number == number, Message.direction == "outbound"
        )
    )
    first = session.scalar(select(func.min(Message.id)).where(Message.number == number)) or 0
    verbs = {
        "claim": lambda: tickets.claim(session, desk, number),
        "reply": lambda: tickets.reply(session, desk, number, "Segue a resposta."),
        "undo": lambda: resending.undo(session, desk, number, last or 0),
        "pending": lambda: tickets.pending(session, desk, number, body="Mande o XML"[: n % 20]),
        "close": lambda: closing.close(session, desk, number, status="EPR", body="Pago em 24/11."),
        "reopen": lambda: closing.reopen(session, desk, number, body="Faltou uma guia"),
        "forward": lambda: routing.forward(session, desk, number, note="Veja", agent="beto"),
        "classify": lambda: routing.classify(session, desk, number, classification=KINDS[n % 4]),
        "merge": lambda: merging.merge(session, desk, number, into=other),
        "unmerge": lambda: merging.unmerge(session, desk, number),
        "hide": lambda: secrecy.hide(session, desk, number, "sigilo"),
        "show": lambda: secrecy.hide(session, desk, number, None),
        "split": lambda: splitting.split(
            session, desk, number, first, title="Outro assunto", classification="GLO"
        ),
        "delete": lambda: tickets.delete(session, desk, number, justification="Engano do dia"),
        "bulk": lambda: session.execute(
            update(Ticket).where(Ticket.number >= number).values(sector_id=None)
        ),
        "complement": lambda: receive(
            session, form(person, provider, number=number, at=at), policy, now=at
        ),
    }
    with suppress(HelpdeskError):
        verbs[step]()


@pytest.mark.slow
@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 500), st.integers(1, 4_000)),
        min_size=5,
        max_size=40,
    )
)
def test_sums_never_drift(work: Work, policy: Policy, steps: list[tuple[str, int, int]]):
    with Session(work.engine, expire_on_commit=False) as session:
        actor = make_agent(session, groups=("sigilo",))
        make_agent(session, "beto", groups=("sigilo",))
        pausing = Status.code == "AGP"
        session.execute(update(Status).where(pausing).values(pauses=True))
        provider = make_provider(session)
        person = make_person(session, provider, "Luciana", "luciana@clinica.example")
        at = NOW
        for step, n, minutes in steps:
            at += timedelta(minutes=minutes)
            with session.begin_nested():
                do(session, policy, actor, person, provider, step, n, at)
            session.expire_all()
        assert sums(session) == recounted(session, policy.zone)
        session.rollback()


def test_days_are_those_of_the_zone(work: Work, policy: Policy):
    """In the evening of São Paulo it is the next day in Lisbon; what was counted is counted anew."""
    evening = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)

    def write(session: Session) -> None:
        make_agent(session)
        make_ticket(session, policy, make_provider(session), now=evening)

    def opened(session: Session) -> list[tuple[str, int]]:
        rows = sums(session)
        return [(str(tallies.day_of(k[1])), k[2]) for k in rows if k[0] == "opened"]

    work.write_now(write)
    assert work.read_now(opened) == [("2026-11-24", 22)]
    lisbon = ZoneInfo("Europe/Lisbon")
    assert work.read_now(tallies.is_of_zone, policy.zone)
    work.write_now(tallies.agree, lisbon)
    assert work.read_now(tallies.is_of_zone, lisbon)
    assert work.read_now(opened) == [("2026-11-25", 1)]
    assert work.read_now(sums) == work.read_now(recounted, lisbon)
    work.write_now(tallies.agree, lisbon)
    work.write_now(tallies.agree, policy.zone)
    assert work.read_now(opened) == [("2026-11-24", 22)]


def test_clocks_that_changed_are_known():
    found = dict(tallies.offsets(ZoneInfo("America/Sao_Paulo")))
    assert found[datetime(2018, 11, 4, 3, 0, tzinfo=UTC)] == -2 * 3_600
    assert found[datetime(2019, 2, 17, 2, 0, tzinfo=UTC)] == -3 * 3_600


def test_a_deleted_row_counts_for_nothing(session: Session, policy: Policy):
    make_agent(session)
    number = make_ticket(session, policy, make_provider(session)).number
    session.flush()
    assert sums(session)
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(text("DELETE FROM ticket WHERE number = :n"), {"n": number})
    else:
        session.execute(text("SET LOCAL session_replication_role = origin"))
        session.execute(text("ALTER TABLE ticket DISABLE TRIGGER ALL"))
        session.execute(text("ALTER TABLE ticket ENABLE TRIGGER ticket_tallied_new"))
        session.execute(text("DELETE FROM ticket WHERE number = :n"), {"n": number})
    assert sums(session) == Counter()


def test_folding_loses_nothing_and_ends(
    session: Session, policy: Policy, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tallies, "AT_ONCE", 10)
    make_agent(session)
    provider = make_provider(session)
    for n in range(5):
        make_ticket(session, policy, provider, now=NOW + timedelta(hours=n))
    session.flush()
    before = sums(session)
    assert tallies.is_unfolded(session)
    while tallies.fold(session):
        pass
    assert not tallies.is_unfolded(session)
    assert not tallies.fold(session)
    assert sums(session) == before == recounted(session, policy.zone)
    closing.close(
        session,
        Desk(make_agent(session, "beto"), policy, NOW + timedelta(hours=9)),
        session.scalar(select(func.min(Ticket.number))) or 0,
        status="EPR",
        body="Pago em 24/11.",
    )
    session.flush()
    while tallies.fold(session):
        pass
    assert sums(session) == recounted(session, policy.zone)
    running = select(func.count()).where(Tally.measure == "running", Tally.n == 0)
    assert session.scalar(running) == 0


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def test_tickets_older_than_the_sums_are_counted(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
):
    url = f"sqlite:///{tmp_path}/old.db"
    if kind == "postgres":
        url = request.getfixturevalue("postgres").create()
    work = Work(url)
    with work.engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0004")
        at = [datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (12, 13, 20)]
        _old(connection, at)
        command.upgrade(migrations.config(connection), "0005")
        rows = connection.execute(
            text("SELECT measure, part, n FROM tally WHERE measure IN ('answered', 'solved')")
        ).all()
        changes = connection.execute(text("SELECT count(*) FROM tally_change")).scalar_one()
    assert sorted(tuple(row) for row in rows) == [("answered", 60, 1), ("solved", 480, 1)]
    assert changes == 0
    work.close()


def _old(connection: Connection, at: list[datetime]) -> None:
    """A ticket opened at nine, answered at ten and closed at five, as the fourth schema has it."""
    moment = base.Moment(timezone=True)

    def add(into: str, /, **values: object) -> None:
        moments = {k for k, v in values.items() if isinstance(v, datetime)}
        columns = [column(k, moment if k in moments else None) for k in values]
        connection.execute(insert(table(into, *columns)).values(**values))

    add("sector", id=1, code="S", name="Setor", active=True)
    add(
        "classification", id=1, code="C", name="Classe", sector_id=1, days=1, unit="business",
        attention=1, web=True, position=1, active=True,
    )  # fmt: skip
    add("status", id=1, code="ABE", label="Aberto", situation="open", position=1, active=True,
        pauses=False)  # fmt: skip
    add("provider", id=1, code="P", name="P", sort_name="p", document="", phone="", email="",
        city="", state="", cnes="", active=True)  # fmt: skip
    add(
        "ticket", number=1, provider_id=1, title="T", sort_title="t", contact_name="",
        contact_phone="", contact_email="", classification_id=1, sector_id=1, status_id=1,
        situation="closed", waiting_on="agent", started=True, channel="phone",
        opened_kind="agent", opened_name="", opened_at=at[0], closed_at=at[2], cycle_at=at[0],
        days=1, unit="business", attention=1, terms_source="classification", due_at=at[2],
        attention_at=at[0], imported=False, version=1, last_message_at=at[0],
    )  # fmt: skip
    add(
        "message", id=1, number=1, kind="reply", direction="outbound", audience="public",
        channel="phone", author_kind="agent", author_name="", at=at[1], text="x", quoted="",
    )  # fmt: skip
