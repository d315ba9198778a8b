"""Words of a conversation: folded alike in text and query, alike on both databases."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, inspect, select, update
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import access, search, search_index
from helpdesk.border import SYSTEM, Actor, ActorKind
from helpdesk.models import Message, Ticket
from helpdesk.policy import Policy
from tests.helpdesk.factories import CLINIC, know, mail, make_provider, opened

AGENT = Actor(ActorKind.AGENT, 7, permissions=frozenset({"ticket.read"}))
TEXTS = [
    "Autorizações negadas da paciente",
    "autorizacao pendente",
    "Glosas técnicas: guia 4711-A",
    "NOTA FISCAL 004711",
    "coração & fígado",
    "it's a 'quoted' \"text\" | with & operators <-> !",
    "Straße ﬁm Ⅷ ½",
    "日本 Привет",
    "",
]
QUERIES = {
    "autorização": {1, 2},
    "autorizacoes": {1, 2},
    "AUTORIZAÇÃO NEGADA": {1},
    "glosa tecnica": {3},
    "4711": {3},
    "004711": {4},
    "4711 guia": {3},
    "47": set(),
    "coracao": {5},
    "quoted": {6},
    "'quoted' & operators": {6},
    "operators <-> !": {6},
    "strasse": {7},
    "日本": {8},
    "привет": {8},
    "AND": set(),
    "NEAR(glosa)": set(),
}


def prepare(session: Session, policy: Policy) -> list[int]:
    provider_id = make_provider(session)
    know(session, provider_id, CLINIC)
    return [opened(session, mail(text=text, title="x"), policy).number for text in TEXTS]


def found(session: Session, query: str) -> set[int] | None:
    hits = search.hits(session, SYSTEM, query)
    return None if hits is None else set(hits.numbers)


@pytest.mark.parametrize("query", QUERIES)
def test_what_is_found(session: Session, policy: Policy, query: str):
    prepare(session, policy)
    assert found(session, query) == QUERIES[query]


def test_without_a_word_there_is_nothing_to_look_for(session: Session):
    for query in ("", "  ", "!?", "''"):
        assert search.hits(session, SYSTEM, query) is None


def test_digits_are_a_protocol_or_a_number_first(session: Session, policy: Policy):
    numbers = prepare(session, policy)
    assert found(session, "41999920261124000003") == {numbers[2]}
    assert found(session, " 4199992 0261124000003 ") == {numbers[2]}
    assert found(session, str(numbers[0])) == {numbers[0]}
    assert found(session, "9" * 19) == set()
    assert found(session, "9" * 18) == set()


def test_a_file_is_found_by_its_name(session: Session, policy: Policy):
    from helpdesk.border import File

    provider_id = make_provider(session)
    know(session, provider_id, CLINIC)
    file = File("radiografia_torax.pdf", "application/pdf", 1, "a" * 64)
    ticket = opened(session, mail(files=(file,)), policy)
    assert found(session, "tórax") == {ticket.number}


def test_only_so_many_hits_count_the_newest(
    session: Session, policy: Policy, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(search, "MOST_HITS", 2)
    provider_id = make_provider(session)
    know(session, provider_id, CLINIC)
    numbers = [opened(session, mail(text="glosa"), policy).number for _ in range(4)]
    assert found(session, "glosa") == set(numbers[2:])


#: a word and the messages it stands in, the oldest first
SPREAD = {"glosa": range(40), "guia": range(0, 40, 2), "laudo": range(3, 40, 7),
          "lote": range(4), "recurso": (1, 39)}  # fmt: skip


@pytest.mark.parametrize("most", [1, 2, 5, 9, 40, 100])
def test_hits_that_lie_far_apart_are_the_newest_ones(
    session: Session, policy: Policy, monkeypatch: pytest.MonkeyPatch, most: int
):
    """Blocks of ids are asked one after the other, small ones and large."""
    provider_id = make_provider(session)
    know(session, provider_id, CLINIC)
    numbers = [opened(session, mail(text="x"), policy).number for _ in range(40)]
    first = session.scalars(select(Message).where(Message.number == numbers[0])).one()
    values = {c.name: getattr(first, c.key) for c in inspect(Message).columns}
    ids = [1_000 + n * 30_011 for n in range(40)]
    rows = [values | {"id": of, "number": number} for of, number in zip(ids, numbers, strict=True)]
    session.execute(insert(Message.__table__), rows)
    said = [" ".join(word for word, held in SPREAD.items() if n in held) for n in range(40)]
    search_index.index(session, list(zip(ids, numbers, said, strict=True)))
    monkeypatch.setattr(search, "MOST_HITS", most)
    for (word, held), actor in itertools.product(SPREAD.items(), (SYSTEM, AGENT)):
        wanted = [numbers[n] for n in reversed(held)]
        hits = search.hits(session, actor, word)
        assert hits is not None
        assert hits.numbers == wanted[:most], word
        assert hits.complete == (len(wanted) < most), word


@pytest.mark.parametrize("most", [2, 7, 100])
def test_what_is_secret_neither_is_found_nor_counts(
    session: Session, policy: Policy, monkeypatch: pytest.MonkeyPatch, most: int
):
    """Whoever looks, what is found is what `visible` and `readable` let through, cut at as many."""
    provider_id = make_provider(session)
    know(session, provider_id, CLINIC)
    for group, inner in itertools.product((None, "saude", "juridico"), repeat=2):
        number = opened(session, mail(text="glosa"), policy).number
        session.execute(update(Ticket).values(secret_group=group).where(Ticket.number == number))
        session.execute(update(Message).values(secret_group=inner).where(Message.number == number))
    last = session.scalars(select(func.max(Ticket.number))).one()
    lookers = [
        SYSTEM,
        AGENT,
        replace(AGENT, groups=frozenset({"saude"})),
        replace(AGENT, groups=frozenset({"saude", "juridico"})),
        replace(AGENT, opened=frozenset({last})),
        replace(AGENT, sectors=frozenset({1})),
        replace(AGENT, permissions=frozenset()),
        Actor(ActorKind.PERSON, 1, providers=((provider_id, "all"),)),
        Actor(ActorKind.PERSON, 1, providers=((provider_id, "own"),)),
        Actor(ActorKind.UNKNOWN),
    ]
    monkeypatch.setattr(search, "MOST_HITS", most)
    for actor in lookers:
        allowed = list(
            session.scalars(
                select(Message.number)
                .join(Ticket, Ticket.number == Message.number)
                .where(access.visible(actor), access.readable(actor))
                .order_by(Message.id.desc())
            )
        )
        hits = search.hits(session, actor, "glosa")
        assert hits is not None
        assert hits.numbers == allowed[:most], actor
        assert hits.complete == (len(allowed) < most), actor


def test_nothing_to_index_is_nothing(session: Session):
    search_index.index(session, [])
    assert found(session, "glosa") == set()


def test_both_databases_find_the_same(sqlite_url: str, postgres_url: str, policy: Policy):
    works = [Work(url) for url in (sqlite_url, postgres_url)]
    for work in works:
        work.write_now(prepare, policy)
    pieces = [word for text in TEXTS for word in text.split()] + ["47", "ção", "\u0301", "*", ":*"]

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(pieces) | st.text(max_size=4), min_size=1, max_size=3))
    def compare(words: list[str]) -> None:
        query = " ".join(words)
        results = [work.read_now(found, query) for work in works]
        assert results[0] == results[1]

    compare()
    for work in works:
        work.close()
