"""The list: every filter and order pages through all rows once, alike on both databases."""

import base64
import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import closing, grid, paths, plans, routing, tickets
from helpdesk.border import Actor, Channel
from helpdesk.errors import Invalid
from helpdesk.filters import Filter
from helpdesk.grid import KEYS, Order
from helpdesk.models import Agent, Ticket
from helpdesk.policy import Policy
from helpdesk.rows import Row
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    hide,
    know,
    mail,
    make_agent,
    make_person,
    make_provider,
    make_ticket,
    opened,
)

#: as people write them: case, marks, blanks and signs decide nothing else than on the other database
TITLES = ["Ágape", "agape", "zebra", "Zebra", "Élan", "elan vital", "(nota)", "10 guias", "9 guias",
          "Ção", "cao", "Água-viva", "agua viva", "_x", "ﬁm"]  # fmt: skip
PROVIDERS = ["Órion", "orbe", "Álamo", "alfa", "Zênite"]
AGENTS = ["ana", "bia", "caio"]


class World:
    """Sixty tickets of every kind, and who looks at them."""

    def __init__(self, session: Session, policy: Policy) -> None:
        self.policy = policy
        agents = [
            make_agent(session, a, sector=s)
            for a, s in zip(AGENTS, ["REL", "FIN", None], strict=True)
        ]
        self.ana = agents[0]
        for agent, name in zip(agents, ["Érica", "erico", "Eva"], strict=True):
            session.execute(
                update(Agent)
                .where(Agent.id == agent.id)
                .values(name=name, sort_name=name.lower().replace("é", "e"))
            )
        providers = [make_provider(session, f"P{n}", name=name) for n, name in enumerate(PROVIDERS)]
        know(session, providers[0], CLINIC)
        self.person = make_person(session, providers[0], "Luciana", "l@clinica.example")
        for n in range(60):
            self._make(session, n, providers, agents)
        session.flush()

    def _make(self, session: Session, n: int, providers: list[int], agents: list[Actor]) -> None:
        # Over a hundred days: a period is found by spans of thirty.
        now = NOW - timedelta(days=n % 20 + n // 12 * 20, hours=n % 3)
        if n % 6 == 0:
            title = TITLES[n % len(TITLES)]
            ticket = opened(session, mail(title=title), self.policy, now=now)
        else:
            ticket = make_ticket(
                session, self.policy, providers[n % 5], now=now, title=TITLES[n % len(TITLES)],
                classification=["PAG", "GLO", "LOT"][n % 3],
                subclassification=["PAG.1", None, None][n % 3],
                channel=[Channel.PHONE, Channel.API][n % 2], text=f"guia {n} da glosação",
                agent_id=agents[0].id,
            )  # fmt: skip
        desk = desk_of(agents[n % 3], self.policy, now + timedelta(hours=1))
        if n % 7 == 1:
            tickets.delete(session, desk, ticket.number, justification="engano")
        elif n % 5 == 2:
            tickets.claim(session, desk, ticket.number)
            at = NOW - timedelta(days=n % 4) if n % 2 else now + timedelta(hours=2)
            late = desk_of(desk.actor, self.policy, at)
            closing.close(session, late, ticket.number, status="EPR", body="Pago em 30/11.")
        elif n % 5 == 3:
            tickets.claim(session, desk, ticket.number)
            tickets.pending(session, desk, ticket.number)
        elif n % 5 == 4:
            routing.forward(session, desk, ticket.number, note="x", agent=AGENTS[n % 3])
        if n % 11 == 5:
            hide(session, ticket.number)


ELEVEN_DAYS = Filter(opened_from=date(2026, 11, 10), opened_to=date(2026, 11, 20))
FILTERS = [
    Filter(),
    *(Filter(situation=s) for s in ("open", "closed", "pending_profile", "pending_agent")),
    *(Filter(deadline=d) for d in ("expired", "attention", "within")),
    Filter(classification=("PAG", "GLO")),
    Filter(subclassification=("PAG.1",)),
    Filter(reason=("PAG.1.1",)),
    Filter(status=("ABE", "ENC")),
    Filter(sector=("FIN",)),
    Filter(provider=("P1", "P3", "nada")),
    Filter(assignee=("bia",)),
    Filter(channel=("mail", "api")),
    Filter(channel=("phone", "api", "phone")),
    ELEVEN_DAYS,
    Filter(opened_from=date(2026, 8, 25), opened_to=date(2026, 11, 10)),
    Filter(opened_from=date(2026, 9, 1), situation="closed"),
    Filter(opened_to=date(2026, 10, 20), sector=("FIN", "CTM")),
    Filter(channel=("phone",), sector=("FIN",)),
    Filter(q="glosacoes"),
    Filter(q="Guia 7"),
    Filter(q="   "),
    Filter(q="!?"),
    Filter(situation="open", deadline="expired", channel=("phone",), q="guia"),
]
ORDERS = [Order(key, descending) for key, descending in product(KEYS, (False, True))]


def pages(
    session: Session, world: World, chosen: Filter, order: Order, actor: Actor | None = None
) -> Iterator[grid.Page]:
    cursor = None
    while True:
        page = grid.page(
            session, actor or world.ana, chosen, order, policy=world.policy, now=NOW, limit=7,
            cursor=cursor,
        )  # fmt: skip
        yield page
        cursor = page.next
        if cursor is None:
            return


def key_of(row: Row, order: Order) -> object:
    return {
        "opened": row.opened_at,
        "number": row.number,
        "protocol": row.protocol,
        "due": row.due_at,
    }.get(order.key)


def check(session: Session, world: World) -> dict[tuple[int, str, bool], list[int]]:
    """Each filter by each order: the same rows, none twice, none missing, sorted."""
    found: dict[tuple[int, str, bool], list[int]] = {}
    for at, chosen in enumerate(FILTERS):
        whole = None
        for order in ORDERS:
            turned = list(pages(session, world, chosen, order))
            rows = [row for page in turned for row in page.rows]
            numbers = [row.number for row in rows]
            assert len(set(numbers)) == len(numbers)
            whole = whole if whole is not None else set(numbers)
            assert set(numbers) == whole, (chosen, order)
            assert {(page.total, page.total_exact) for page in turned} == {(len(whole), True)}
            assert all(len(page.rows) == 7 for page in turned[:-1])
            keys = [(key_of(row, order), row.number) for row in rows]
            if keys and keys[0][0] is not None:
                assert keys == sorted(keys, reverse=order.descending)
            found[at, order.key, order.descending] = numbers
            backwards = found.get((at, order.key, not order.descending))
            assert backwards is None or backwards == numbers[::-1]
    return found


#: how many entries of a range are read whole, how far a walk goes, how far for each of a page, and
#: of how many spans a period is not first walked in one
WAYS = {
    "few": (plans.LOOKED_AT, plans.LONGEST_WALK, plans.WALKED_FOR_ONE, paths.FEW_SPANS),
    "walk": (0, plans.LONGEST_WALK, plans.WALKED_FOR_ONE, paths.FEW_SPANS),
    "walk again": (0, 25, 0, 0),
    "sort": (0, 3, 0, paths.FEW_SPANS),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_filter_and_order_pages_alike_on_both_databases(
    sqlite_url: str, postgres_url: str, policy: Policy, way: str, monkeypatch: pytest.MonkeyPatch
):
    """By each way a page may be found: here all lists are short, and would be read whole."""
    looked_at, longest, for_one, few_spans = WAYS[way]
    monkeypatch.setattr(plans, "LOOKED_AT", looked_at)
    monkeypatch.setattr(plans, "LONGEST_WALK", longest)
    monkeypatch.setattr(plans, "WALKED_FOR_ONE", for_one)
    monkeypatch.setattr(paths, "FEW_SPANS", few_spans)
    found: list[dict[tuple[int, str, bool], list[int]]] = []
    for url in (sqlite_url, postgres_url):
        work = Work(url)
        world = work.write_now(World, policy)
        found.append(work.read_now(check, world))
        work.close()
    on_sqlite, on_postgres = found
    assert on_sqlite == on_postgres
    empty = {FILTERS[at] for (at, _, _), numbers in on_sqlite.items() if not numbers}
    assert empty == {Filter(reason=("PAG.1.1",))}


@pytest.fixture
def world(session: Session, policy: Policy) -> World:
    return World(session, policy)


def test_rows_say_what_the_filters_say(session: Session, world: World):
    def rows(chosen: Filter) -> list[Row]:
        return [row for page in pages(session, world, chosen, Order()) for row in page.rows]

    everything = {row.number for row in rows(Filter())}
    by_band = [
        {r.number for r in rows(Filter(deadline=b))} for b in ("expired", "attention", "within")
    ]
    assert set.union(*by_band) == everything
    assert sum(map(len, by_band)) == len(everything)
    for band in ("expired", "attention", "within"):
        assert {row.band for row in rows(Filter(deadline=band))} == {band}
    closed = rows(Filter(situation="closed"))
    assert {row.situation for row in closed} == {"closed"}
    # A closed one is judged by when it was closed, not by today.
    assert {str(row.band) for row in closed if row.due_at < NOW} > {"expired"}
    assert {row.situation for row in rows(Filter(situation="open"))} == {"open", "pending"}
    assert {row.assignee_login for row in rows(Filter(situation="pending_agent"))} == {"ana"}
    assert {row.sector_code for row in rows(Filter(situation="pending_profile"))} <= {"REL"}
    assert all(row.deleted_at is None and row.secret is None for row in rows(Filter()))
    opened_at = [row.opened_at for row in rows(ELEVEN_DAYS)]
    assert {policy_day(world, at) for at in opened_at} <= {date(2026, 11, d) for d in range(10, 21)}


def policy_day(world: World, at: object) -> date:
    return world.policy.day(at)  # type: ignore[arg-type]


def test_names_sort_as_people_read_them(session: Session, world: World):
    rows = [r for p in pages(session, world, Filter(), Order("title")) for r in p.rows]
    plain = [r.title for r in rows]
    assert plain.index("Ágape") < plain.index("zebra")
    names = list(dict.fromkeys(
        r.provider_name for p in pages(session, world, Filter(), Order("provider")) for r in p.rows
    ))  # fmt: skip
    assert names == ["Álamo", "alfa", "orbe", "Órion", "Zênite"]
    agents = list(dict.fromkeys(
        r.assignee for p in pages(session, world, Filter(), Order("agent")) for r in p.rows
    ))  # fmt: skip
    assert agents == [None, "Érica", "erico", "Eva"]


def test_a_renamed_agent_sorts_by_the_new_name(session: Session, world: World):
    found = session.get_one(Agent, world.ana.id)
    found.name = "Zoé"
    assert found.sort_name == "zoe"


def test_a_person_sees_their_own_and_keeps_the_cancelled(session: Session, world: World):
    rows = [
        row for page in pages(session, world, Filter(), Order("number"), world.person)
        for row in page.rows
    ]  # fmt: skip
    assert {row.provider_code for row in rows} == {"P0"}
    assert any(row.deleted_at for row in rows)


def test_counting_alone(session: Session, world: World, monkeypatch: pytest.MonkeyPatch):
    def count() -> tuple[int, bool]:
        return grid.count(session, world.ana, Filter(), policy=world.policy, now=NOW)

    total, exact = count()
    assert exact
    monkeypatch.setattr(plans, "MOST_COUNTED", total - 1)
    seen, exact = count()
    assert 0 < seen < total, "at least so many: the rest was not looked at"
    assert not exact
    monkeypatch.setattr(plans, "HIDDEN", 1)
    assert count() == (total - 1, False)
    monkeypatch.setattr(plans, "MOST_COUNTED", total)
    assert count() == (total, True)
    page = grid.page(
        session, world.ana, Filter(), Order(), policy=world.policy, now=NOW, counted=False
    )
    assert (page.total, page.total_exact) == (None, False)


def test_a_page_counts_quickly_and_who_acts_on_all_thoroughly(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch
):
    """Two filters no single index knows of; each alone is counted from its own."""
    chosen = Filter(sector=("FIN",), channel=("phone", "api", "mail"))
    policy = world.policy
    total, exact = grid.count(session, world.ana, chosen, policy=policy, now=NOW)
    assert exact
    monkeypatch.setattr(plans, "MOST_LOOKED_AT", 0)
    monkeypatch.setattr(plans, "MOST_READ", 5)
    page = grid.page(session, world.ana, chosen, Order(), policy=policy, now=NOW, limit=3)
    assert not page.total_exact
    assert (page.total or 0) < total
    assert grid.count(session, world.ana, chosen, policy=policy, now=NOW) == (total, True)
    alone = grid.page(session, world.ana, Filter(sector=("FIN",)), Order(), policy=policy, now=NOW)
    assert alone.total_exact


@pytest.mark.parametrize(
    ("chosen", "order", "field"),
    [
        (Filter(), Order("colour"), "order"),
        (Filter(situation="lost"), Order(), "situation"),
        (Filter(deadline="soon"), Order(), "deadline"),
    ],
)
def test_what_is_unknown_is_named(
    session: Session, policy: Policy, chosen: Filter, order: Order, field: str
):
    actor = make_agent(session)
    with pytest.raises(Invalid) as refused:
        grid.page(session, actor, chosen, order, policy=policy, now=NOW)
    assert refused.value.errors[0].field == field


def test_codes_no_database_takes_match_nothing(session: Session, policy: Policy):
    actor = make_agent(session)
    chosen = Filter(status=("A\0X",), channel=("\ud800",), q="\0")
    page = grid.page(session, actor, chosen, Order(), policy=policy, now=NOW)
    assert page.rows == []


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


BAD = [
    ("due", ""),
    ("due", "não"),
    ("due", "AAAA"),
    ("due", cursor("due", False)),
    ("due", cursor("title", False, "x", 1)),
    ("due", cursor("due", True, "2026-11-24T00:00:00+00:00", 1)),
    ("due", cursor("due", False, "2026-11-24T00:00:00", 1)),
    ("due", cursor("due", False, "amanhã", 1)),
    ("due", cursor("due", False, 5, 1)),
    ("due", cursor("due", False, "0001-01-01T00:00:00+14:00", 1)),
    ("due", cursor("due", False, "2026-11-24T00:00:00+00:00", 2**63)),
    ("due", cursor("due", False, "2026-11-24T00:00:00+00:00", True)),
    ("due", cursor("due", False, "2026-11-24T00:00:00+00:00", "1")),
    ("title", cursor("title", False, 1, 1)),
    ("title", cursor("title", False, "a\0", 1)),
    ("title", cursor("title", False, "\ud800", 1)),
    ("number", cursor("number", False, "1", 1)),
    ("number", cursor("number", False, -1, 1)),
    ("number", cursor("number", False, 10**30, 1)),
]


@pytest.mark.parametrize(("key", "text"), BAD)
def test_a_cursor_that_is_not_ours_is_refused(
    session: Session, policy: Policy, key: str, text: str
):
    actor = make_agent(session)
    with pytest.raises(Invalid) as refused:
        grid.page(session, actor, Filter(), Order(key), policy=policy, now=NOW, cursor=text)
    assert refused.value.errors[0].field == "cursor"


def test_deleted_ones_are_counted_by_nobody_but_their_provider(session: Session, world: World):
    number = session.query(Ticket).filter(Ticket.deleted_at.is_not(None)).first()
    assert number is not None
    seen = {row.number for page in pages(session, world, Filter(), Order()) for row in page.rows}
    assert number.number not in seen
