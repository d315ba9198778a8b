"""Two serving processes on one PostgreSQL: whoever sits at one sees what happens at the other."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.console.list_words import LIST
from gateway.work import Work
from helpdesk import registers
from helpdesk.models import Ticket
from tests.doubles.passwords import quick_hash
from tests.doubles.postgres import Postgres
from tests.flows.conftest import Seat
from tests.flows.hands import enter_console, open_ticket
from tests.flows.instance import ANA, LUCIANA, PASSWORD, Instance
from tests.gateway.console.door import soon
from tests.gateway.console.served import enter, send

BIA = "bia"
CONTACT = {"name": "Luciana Reis", "phone": "(31) 3222-0101", "email": LUCIANA}
#: a file of so many long rows does not fit between a server and who does not read
ROWS, LONG = 20_000, "Nada cabe aqui " * 12
SHORT = "Nada cabe aqui"


@pytest.fixture(scope="module")
def pair(
    postgres: Postgres, migrated_postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Instance, Instance]]:
    url = postgres.create(migrated_postgres)
    folder: Path = tmp_path_factory.mktemp("pair")
    found: list[Instance] = []
    for name in ("here", "there"):
        (folder / name).mkdir()
        shared = {"PONTE_BLOBS__URL": f"file:{folder}/blobs"}
        found.append(Instance(folder / name, url, shared))
    here, there = found
    here.seed()
    there.token = here.token
    _write(url, _colleague)
    try:
        here.start()
        there.start(receives=False)
        yield here, there
    finally:
        for instance in found:
            if instance.is_running:
                instance.stop()
    for instance in found:
        assert "Traceback" not in instance.log, instance.log


def _write(url: str, verb: Callable[[Session], object]) -> None:
    work = Work(url)
    work.write_now(verb)
    work.close()


def _colleague(session: Session) -> None:
    now = session.scalar(text("SELECT now()"))
    registers.add_agent(
        session, BIA, "Bia Reis", "bia@op.example", quick_hash(PASSWORD), now=now, profile="admin"
    )


def _multiply(session: Session) -> None:
    """The newest ticket as often as a long file needs."""
    names = ", ".join(c.name for c in Ticket.__table__.c if c.name not in {"number", "protocol"})
    newest = "SELECT max(number) FROM ticket"
    session.execute(text(f"UPDATE ticket SET title = '{LONG}' WHERE number = ({newest})"))
    session.execute(
        text(
            f"INSERT INTO ticket ({names}) SELECT {names}"
            f" FROM ticket, generate_series(1, {ROWS}) WHERE number = ({newest})"
        )
    )


def opened(instance: Instance, title: str) -> int:
    body = {
        "provider": "P1", "title": title, "classification": "GLO", "text": "Por quê?",
        "contact": CONTACT,
    }  # fmt: skip
    return instance.call("POST", "/tickets", body)["number"]


def test_who_is_at_a_ticket_shows_at_the_other_process(pair: tuple[Instance, Instance], seat: Seat):
    here, there = pair
    number = opened(here, "Glosa")
    ana, bia = seat(), seat()
    enter_console(ana, here.url)
    enter_console(bia, there.url, BIA)
    open_ticket(ana, here.url, number)
    open_ticket(bia, there.url, number)
    expect(ana.locator("[data-here]")).to_contain_text("Bia Reis está vendo")
    expect(bia.locator("[data-here]")).to_contain_text("Ana Souza está vendo")
    bia.locator("#texto").press_sequentially("Já vejo")
    expect(ana.locator("[data-here]")).to_contain_text("Bia Reis está escrevendo")
    there.call(
        "POST",
        f"/tickets/{number}/messages",
        {"kind": "complement", "text": "Chegou pelo outro processo.", "contact": CONTACT},
    )
    expect(ana.get_by_role("log")).to_contain_text("Chegou pelo outro processo.")
    bia.goto(f"{there.url}/central/painel")
    expect(ana.locator("[data-here]")).to_be_hidden()


def test_a_file_is_followed_and_ended_at_the_other_process(pair: tuple[Instance, Instance]):
    here, there = pair
    opened(here, SHORT)
    _write(here.database, _multiply)
    with (
        httpx.Client(base_url=here.url, timeout=60) as mine,
        httpx.Client(base_url=there.url, timeout=60) as other,
        httpx.Client(base_url=there.url, timeout=60) as stranger,
    ):
        enter(mine, ANA, PASSWORD)
        enter(other, ANA, PASSWORD)
        enter(stranger, BIA, PASSWORD)

        def said(key: str, client: httpx.Client = other) -> str:
            return client.get(f"/central/exportacoes/{key}").text

        def file(key: str, query: str = ""):
            address = f"/central/exportar.csv?acompanhar={key}{query}"
            return mine.stream("GET", address, headers={"accept-encoding": "identity"})

        with file("ended") as answer:
            pieces = answer.iter_text()
            begun = next(pieces)
            soon(lambda: re.search(r"CSV: [1-9][\d.]* de mais de 10\.000 linhas", said("ended")))
            assert "Preparando" in said("ended", stranger)
            send(other, "/central/exportacoes/ended/cancelar")
            lines = (begun + "".join(pieces)).splitlines()
        assert lines[-1] == LIST["export"]["cut"]
        soon(
            lambda: f"CSV cancelado na linha {len(lines) - 2:,}".replace(",", ".") in said("ended")
        )
        with file("whole", "&q=cabe") as answer:
            answer.read()
        soon(lambda: "CSV pronto: 1 linha" in said("whole"))
