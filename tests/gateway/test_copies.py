"""`ponte backup` and `ponte restore`: from either database into either, and nothing comes back that
was erased."""

import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import JSON, String, cast, func, select, update
from sqlalchemy.orm import Session

from gateway import archive, ledger
from gateway.blobs import FileBlobs
from gateway.cli import main
from gateway.console import stream
from gateway.labels import ERASED
from gateway.work import Work
from helpdesk import events, inbound, privacy, seals, search, tickets, webhook_queue
from helpdesk.border import Actor, ActorKind, File
from helpdesk.events import Cursor
from helpdesk.models import Agent, Base, Blob, Event, Message, Person, Ticket, Webhook
from helpdesk.policy import Policy
from helpdesk.tokens import Keyring
from tests.doubles.postgres import Postgres
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW

KEY = "k" * 40
POLICY = Policy(keyring=Keyring([KEY.encode()]), insurer="Vida Plena", ans_registration="419999")
FAR = Cursor(10**15, 10**6)
SYSTEM = Actor(ActorKind.SYSTEM, name="")
Ponte = Callable[..., Result]


@pytest.fixture
def ponte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ponte:
    """Runs `ponte ARGUMENTS` on an instance: its database, and its folder beside the test's."""
    monkeypatch.chdir(tmp_path)

    def run(url: str, folder: str, *arguments: str, **more: str) -> Result:
        environment = {
            "PONTE_DATABASE__URL": url,
            "PONTE_BLOBS__URL": f"file:{tmp_path / folder / 'blobs'}",
            "PONTE_PRIVACY__LEDGER": str(tmp_path / "erasures.jsonl"),
            "PONTE_SECRET_KEY": KEY,
        }
        return CliRunner().invoke(main, arguments, env=environment | more)

    return run


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def target_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'target' / 'ponte.db'}"
        return
    cluster: Postgres = request.getfixturevalue("postgres")
    url = cluster.create()
    yield url
    cluster.drop(url)


@pytest.fixture
def source(work: Work, database_url: str, tmp_path: Path) -> str:
    """An instance with a history: conversations, a merge, a secret, seals, a file."""
    sha256 = FileBlobs(tmp_path / "source" / "blobs").put(b"%PDF-1.4")
    work.write_now(story, sha256)
    return database_url


def story(session: Session, sha256: str) -> None:
    provider = make.make_provider(session)
    person = make.make_person(session, provider, "Luciana Reis", "luciana@clinica.example")
    agent = make.make_agent(session)
    file = File("laudo.pdf", "application/pdf", 8, sha256)
    inbound.touch_blobs(session, [(sha256, 8)], now=NOW)
    first = make.opened(session, make.form(person, provider, files=(file,)), POLICY)
    second = make.opened(session, make.form(person, provider), POLICY)
    session.get_one(Ticket, first.number).follows = second.number
    desk = make.desk_of(agent, POLICY)
    tickets.reply(session, desk, first.number, "Prezada Luciana Reis, recebemos.")
    seals.seal(session, POLICY.keyring, now=NOW)


def rows(work: Work) -> dict[str, list[str]]:
    """Every row of every table; objects in one order, whatever the database made of it. Numbers of
    transactions are each database's own."""

    def read(session: Session) -> dict[str, list[str]]:
        return {
            table.name: sorted(
                json.dumps([archive.plain(value) for value in row], sort_keys=True)
                for row in session.execute(select(*(c for c in table.c if c.name != "tx")))
            )
            for table in Base.metadata.sorted_tables
        }

    return work.read_now(read)


def words_in(session: Session, word: str) -> list[str]:
    found = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String | JSON)
        and session.scalar(
            select(func.count())
            .select_from(table)
            .where(func.lower(cast(column, String)).contains(word))
        )
    ]
    hits = search.hits(session, SYSTEM, word)
    return found + (["search"] if hits and hits.numbers else [])


def test_a_backup_of_either_database_comes_back_in_either(
    ponte: Ponte, source: str, work: Work, target_url: str, tmp_path: Path
):
    done = ponte(source, "source", "backup", "copia.tar")
    assert done.exit_code == 0, done.output
    assert "1 blobs" in done.output
    assert POLICY.keyring.ids[0] in done.output
    back = ponte(target_url, "target", "restore", "copia.tar")
    assert back.exit_code == 0, back.output
    restored = Work(target_url)
    try:
        assert rows(restored) == rows(work)
        assert restored.read_now(seals.verify, POLICY.keyring).broken is None
        hits = restored.read_now(search.hits, SYSTEM, "prezada recebemos")
        assert hits is not None
        assert hits.numbers == [1]
        # Ids go on where they were, and what is written is found.
        number = restored.write_now(again)
        assert number == 3
    finally:
        restored.close()
    blob = FileBlobs(tmp_path / "target" / "blobs")
    assert list(blob.keys()) == list(FileBlobs(tmp_path / "source" / "blobs").keys())


def test_what_happens_after_a_restore_is_heard(
    ponte: Ponte, source: str, work: Work, target_url: str
):
    """The database it came from had counted further than this one has."""
    work.write_now(told_far_away)
    assert ponte(source, "source", "backup", "copia.tar").exit_code == 0
    assert ponte(target_url, "target", "restore", "copia.tar").exit_code == 0
    restored = Work(target_url)
    try:
        before = restored.read_now(events.latest)
        assert not restored.read_now(webhook_queue.is_behind)
        number = restored.write_now(again)
        assert number in {each.number for each in restored.read_now(events.after, before)}
        assert restored.read_now(webhook_queue.is_behind)
        assert restored.read_now(stream.begin, FAR).reset, "a page that was open meanwhile"
    finally:
        restored.close()


def told_far_away(session: Session) -> None:
    agent_id = session.scalars(select(Agent.id)).first()
    session.execute(update(Event).values(tx=FAR.tx))
    last = session.scalar(select(func.max(Event.id)))
    session.add(
        Webhook(
            agent_id=agent_id, url="https://erp.example/", events=["opened"], created_at=NOW,
            tx=FAR.tx, event_id=last,
        )
    )  # fmt: skip


def again(session: Session) -> int:
    provider = session.scalar(select(make.registers.Provider.id)) or 0
    person = make.person_of(session, session.scalar(select(Person.id)))
    return make.opened(session, make.form(person, provider), POLICY).number


def test_restore_forgets_again_what_was_erased_since(
    ponte: Ponte, source: str, work: Work, target_url: str, tmp_path: Path
):
    assert ponte(source, "source", "backup", "antes.tar").exit_code == 0
    work.write_now(erase)
    waiting = work.read_now(ledger._waiting)
    ledger.append(tmp_path / "erasures.jsonl", [entry for _, entry in waiting])
    assert "luciana" not in (tmp_path / "erasures.jsonl").read_text().casefold()
    assert work.read_now(words_in, "luciana") == []
    back = ponte(target_url, "target", "restore", "antes.tar")
    assert back.exit_code == 0, back.output
    assert "1 erasures" in back.output
    restored = Work(target_url)
    try:
        assert restored.read_now(words_in, "luciana") == []
        assert restored.read_now(lambda s: s.scalar(select(func.count(Message.id)))) == 3
        assert restored.read_now(seals.verify, POLICY.keyring).broken is None
    finally:
        restored.close()


def erase(session: Session) -> None:
    person = session.scalar(select(Person.id)) or 0
    subject = privacy.of_person(session, person, texts=True)
    admin = make.make_agent(session, "dora")
    privacy.erase(session, admin, subject, "Pedido.", ERASED, now=NOW)


def test_what_stands_against_it_is_said(ponte: Ponte, source: str, target_url: str, tmp_path: Path):
    assert ponte(source, "source", "backup", "copia.tar").exit_code == 0
    twice = ponte(source, "source", "backup", "copia.tar")
    assert twice.exit_code == 1
    assert "copia.tar is there already" in twice.output
    full = ponte(source, "source", "restore", "copia.tar")
    assert full.exit_code == 1
    assert "holds tickets already" in full.output
    other = ponte(target_url, "target", "restore", "copia.tar", PONTE_SECRET_KEY="x" * 40)
    assert other.exit_code == 1
    assert f"the key {POLICY.keyring.ids[0]} is missing" in other.output
    whole = (tmp_path / "copia.tar").read_bytes()
    (tmp_path / "meia.tar").write_bytes(whole[: len(whole) // 2])
    half = ponte(target_url, "target", "restore", "meia.tar")
    assert half.exit_code == 1
    (tmp_path / "nada.tar").write_bytes(b"nada")
    assert ponte(target_url, "target", "restore", "nada.tar").exit_code == 1
    (tmp_path / "outro.json").write_text(json.dumps({}))
    with tarfile.open(tmp_path / "outro.tar", "w") as tar:
        tar.add(tmp_path / "outro.json", "manifest.json")
    alien = ponte(target_url, "target", "restore", "outro.tar")
    assert "no backup that this version can read" in alien.output
    # What was refused left nothing behind.
    assert ponte(target_url, "target", "restore", "copia.tar").exit_code == 0


def test_a_blob_that_is_missing_is_named(ponte: Ponte, source: str, work: Work):
    work.write_now(lambda s: s.add(Blob(sha256="f" * 64, size=1, touched_at=NOW)))
    done = ponte(source, "source", "backup", "copia.tar")
    assert done.exit_code == 1
    assert "f" * 64 in done.output
