"""A file is looked at line by line, and written as it was shown or not at all."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.desk import Desk
from helpdesk.errors import Conflict
from helpdesk.models import Classification, Sector
from helpdesk.policy import Policy
from helpdesk.registry import history, importing, keeping
from helpdesk.registry.described import CLASSIFICATION, SECTOR
from helpdesk.registry.importing import Line
from tests.helpdesk.factories import desk_of, make_agent


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


def sector(session: Session, code: str) -> Sector:
    return session.scalars(select(Sector).where(Sector.code == code)).one()


LINES = (
    Line(2, {"code": "CTM", "name": "Contas Médicas"}),
    Line(3, {"code": "FIN", "name": "Financeiro"}),
    Line(4, {"code": "NOV", "name": "Novo"}),
)


def test_each_line_is_told_and_then_done(session: Session, desk: Desk):
    plan = importing.plan(session, desk, SECTOR, LINES)
    assert [line.what for line in plan.lines] == ["same", "changed", "added"]
    (difference,) = plan.lines[1].differences
    assert (difference.field, difference.after) == ("name", "Financeiro")
    assert plan.fits
    assert sector(session, "FIN").name != "Financeiro"
    importing.apply(session, desk, SECTOR, LINES, plan.seal)
    assert sector(session, "FIN").name == "Financeiro"
    added = sector(session, "NOV")
    assert history.of_record(session, desk, SECTOR, added.id)[0].action == "register_added"
    again = importing.plan(session, desk, SECTOR, LINES)
    assert not again.fits
    assert again.count("same") == 3


def test_a_wrong_line_keeps_the_whole_file_out(session: Session, desk: Desk):
    lines = (
        *LINES,
        Line(5, {"code": "NOV", "name": "Outra vez"}),
        Line(6, {"code": "", "name": "Sem código"}),
        Line(7, {"code": "VAZ", "name": ""}),
        Line(8, {"code": "REL"}, active=False),
    )
    plan = importing.plan(session, desk, SECTOR, lines)
    wrong = {
        line.line: [(e.field, e.code) for e in line.errors] for line in plan.lines if line.errors
    }
    assert wrong == {
        5: [("code", "twice")],
        6: [("code", "required")],
        7: [("name", "required")],
        8: [("active", "held")],
    }
    assert not plan.fits
    with pytest.raises(Conflict):
        importing.apply(session, desk, SECTOR, lines, plan.seal)
    assert session.scalar(select(Sector).where(Sector.code == "NOV")) is None


def test_what_changed_since_it_was_shown_is_not_written(session: Session, desk: Desk):
    plan = importing.plan(session, desk, SECTOR, LINES)
    keeping.create(session, desk, SECTOR, {"code": "NOV", "name": "Já existe"})
    with pytest.raises(Conflict) as refused:
        importing.apply(session, desk, SECTOR, LINES, plan.seal)
    assert refused.value.code == "changed"


def test_a_column_left_out_keeps_and_a_state_is_set(session: Session, desk: Desk):
    lines = (
        Line(2, {"code": "GLO", "days": "20"}, active=False),
        Line(3, {"code": "PAG"}, active=True),
    )
    plan = importing.plan(session, desk, CLASSIFICATION, lines)
    assert [(d.field, d.before, d.after) for d in plan.lines[0].differences] == [
        ("days", "30", "20"),
        ("active", "1", "0"),
    ]
    assert plan.lines[1].what == "same"
    importing.apply(session, desk, CLASSIFICATION, lines, plan.seal)
    changed = session.scalars(select(Classification).where(Classification.code == "GLO")).one()
    assert (changed.days, changed.name, changed.active) == (20, "Glosa", False)
