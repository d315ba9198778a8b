"""A right for each command and register: what profiles come to, and what older ones keep."""

import json
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway.admin.people_words import PEOPLE
from gateway.work import Work
from helpdesk import access, alerts, departures, grid, routing, sessions
from helpdesk.filters import Filter
from helpdesk.grid import Order
from helpdesk.migrations import config, upgrade
from helpdesk.models import Agent, Profile, Sector
from helpdesk.policy import Policy
from tests.doubles.postgres import Postgres
from tests.helpdesk import factories as make

OLD = ["ticket.read", "registers.read", "registers.write"]


def test_who_writes_reads_and_who_reads_may_enter():
    assert access.held(["ticket.read"]) == {"ticket.read"}
    assert access.held(["registers.provider.write"]) == {
        "registers.provider.write", "registers.provider.read", "registers",
    }  # fmt: skip
    assert access.held(["registers", "registers.read", "made up"]) == set()
    assert access.held(["*"]) == {"*"}


def test_every_right_has_its_words():
    assert set(access.PERMISSIONS) | {"*"} == PEOPLE["permission"].keys()
    assert set(access.REGISTERS) == PEOPLE["permission_register"].keys()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.create()


def test_an_older_profile_keeps_what_its_agents_could_do(empty: str):
    work = Work(empty)
    with work.engine.begin() as connection:
        command.upgrade(config(connection), "0006")
        for code, rights in (("fiscal", OLD), ("leitor", OLD[:2]), ("chefe", ["*"])):
            connection.execute(
                text(
                    "INSERT INTO profile (code, name, permissions, groups)"
                    " VALUES (:code, :code, :rights, '[]')"
                ),
                {"code": code, "rights": json.dumps(rights)},
            )
    with work.engine.begin() as connection:
        upgrade(connection)
    with Session(work.engine) as session:
        rights = {
            row.code: access.held(row.permissions) for row in session.scalars(select(Profile))
        }
    work.close()
    reader, keeper = rights["leitor"], rights["fiscal"]
    assert rights["chefe"] == {"*"}
    assert {access.reads("provider"), access.reads("calendar"), "registers"} < reader
    assert not {right for right in reader if right.endswith(".write")}
    assert {access.writes("provider"), access.writes("canned"), "views.share"} < keeper
    # What has a page only now is given by hand.
    for register in ("profile", "agent", "parameter"):
        assert access.writes(register) not in keeper


def numbers(session: Session, actor: object, policy: Policy) -> list[int]:
    page = grid.page(session, actor, Filter(), Order(), policy=policy, now=make.NOW)  # type: ignore[arg-type]
    return sorted(row.number for row in page.rows)


def test_an_agent_of_some_sectors_sees_those_and_what_it_was_told_of(
    session: Session, policy: Policy
):
    provider_id = make.make_provider(session)
    make.know(session, provider_id, make.CLINIC)
    boss = make.desk_of(make.make_agent(session, "bia"), policy)
    first = make.opened(session, make.mail(title="Glosa"), policy).number
    second = make.opened(session, make.mail(title="Contrato"), policy).number
    routing.forward(session, boss, second, sector="JUR", note="Ver o contrato.")
    law = session.scalars(select(Sector.id).where(Sector.code == "JUR")).one()
    lia = make.make_agent(session, "lia", permissions=("ticket.read",), sector="REL")
    session.get_one(Agent, lia.id).sectors = [law]
    session.flush()
    limited = sessions.agent_actor(session, lia.id or 0)
    assert limited is not None
    assert numbers(session, limited, policy) == [second]
    assert access.visible_numbers(session, limited, [first, second]) == {second}
    alerts.tell(session, [lia.id or 0], alerts.CONSULTED, first, now=make.NOW)
    assert numbers(session, limited, policy) == [first, second]


def test_who_is_gone_holds_nothing(session: Session, policy: Policy):
    provider_id = make.make_provider(session)
    other_id = make.make_provider(session, "P2")
    rita = make.make_person(session, provider_id, "Rita", "rita@clinica.example")
    make.make_person(session, other_id, "Rita", "rita@clinica.example")
    token = sessions.start(session, "person", rita.id or 0, now=make.NOW)
    departures.member(session, rita.id or 0, now=make.NOW)
    # She still speaks for somebody.
    assert sessions.find(session, token, now=make.NOW) is not None
    session.execute(text("UPDATE membership SET active = false"))
    departures.member(session, rita.id or 0, now=make.NOW)
    assert sessions.find(session, token, now=make.NOW) is None
    assert sessions.person_actor(session, rita.id or 0) is None
