"""What agents keep: views, canned texts, settings."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import agent_settings, canned, saved_views
from helpdesk.agent_settings import Column
from helpdesk.desk import Desk
from helpdesk.errors import Forbidden, Invalid, NotVisible
from helpdesk.models import LogPrivate
from helpdesk.policy import Policy
from tests.helpdesk import factories as make

ATTENDANT = ("ticket.read", "ticket.reply")


@pytest.fixture
def ana(session: Session, policy: Policy) -> Desk:
    return make.desk_of(
        make.make_agent(session, "ana", permissions=ATTENDANT, sector="CTM"), policy
    )


@pytest.fixture
def rui(session: Session, policy: Policy) -> Desk:
    return make.desk_of(
        make.make_agent(session, "rui", permissions=ATTENDANT, sector="CTM"), policy
    )


@pytest.fixture
def boss(session: Session, policy: Policy) -> Desk:
    return make.desk_of(make.make_agent(session, "bia"), policy)


def names(session: Session, desk: Desk) -> list[str]:
    return [view.name for view in saved_views.listing(session, desk.actor)]


def test_a_view_is_the_agents_the_sectors_or_everybodys(
    session: Session, ana: Desk, rui: Desk, boss: Desk
):
    saved_views.save(session, ana, "CTI urgente", "situacao=abertos", "personal")
    saved_views.save(session, ana, "Do setor", "setor=CTM", "sector")
    saved_views.save(session, boss, "Da casa", "", "all")
    assert names(session, ana) == ["CTI urgente", "Do setor", "Da casa"]
    assert names(session, rui) == ["Do setor", "Da casa"]
    assert names(session, boss) == ["Da casa"]
    with pytest.raises(Forbidden):
        saved_views.save(session, ana, "Para todos", "", "all")
    with pytest.raises(Invalid):
        saved_views.save(session, boss, "Sem setor", "", "sector")


def test_the_same_name_is_replaced_and_the_order_is_ones_own(session: Session, ana: Desk):
    first = saved_views.save(session, ana, "Glosas", "a=1", "personal")
    second = saved_views.save(session, ana, "Lotes", "b=1", "personal")
    assert saved_views.save(session, ana, " Glosas ", "a=2", "personal") == first
    saved_views.order(session, ana, [second, first])
    assert [(v.name, v.query) for v in saved_views.listing(session, ana.actor)] == [
        ("Lotes", "b=1"),
        ("Glosas", "a=2"),
    ]
    with pytest.raises(NotVisible):
        saved_views.order(session, ana, [first])


def test_only_its_owner_removes_a_view_or_who_keeps_the_registers(
    session: Session, ana: Desk, rui: Desk, boss: Desk
):
    personal = saved_views.save(session, ana, "Minha", "", "personal")
    shared = saved_views.save(session, ana, "Do setor", "", "sector")
    for desk, view in ((rui, personal), (rui, shared), (boss, personal), (boss, 999)):
        with pytest.raises(NotVisible):
            saved_views.remove(session, desk, view)
    saved_views.remove(session, boss, shared)
    saved_views.remove(session, ana, personal)
    assert names(session, ana) == []


def test_who_may_share_with_everybody_names_and_removes_what_others_share(
    session: Session, ana: Desk, rui: Desk, boss: Desk
):
    saved_views.save(session, ana, "Minha", "", "personal")
    saved_views.save(session, ana, "Plantão", "", "sector")
    sector = saved_views.save(session, ana, "Do setor", "a=1", "sector")
    saved_views.save(session, boss, "Da casa", "", "all")
    assert saved_views.shared_by_others(session, rui.actor) == []
    shown = saved_views.shared_by_others(session, boss.actor)
    assert [(v.name, v.owner, bool(v.sector)) for v in shown] == [
        ("Do setor", ana.actor.name, True),
        ("Plantão", ana.actor.name, True),
    ]
    with pytest.raises(NotVisible):
        saved_views.rename(session, rui, sector, "Meu")
    with pytest.raises(Invalid):
        saved_views.rename(session, boss, sector, "Plantão")
    saved_views.rename(session, boss, sector, " Setor  CTM ")
    assert names(session, rui) == ["Plantão", "Setor CTM", "Da casa"]
    session.flush()
    said = session.scalars(select(LogPrivate.values).order_by(LogPrivate.log_id.desc())).first()
    assert said is not None
    assert said["changes"] == [{"field": "view", "before": "Do setor", "after": "Setor CTM"}]
    assert said["actor"] == boss.actor.name
    saved_views.remove(session, boss, sector)
    assert names(session, rui) == ["Plantão", "Da casa"]


@pytest.mark.parametrize(("name", "query"), [("", ""), ("x" * 61, ""), ("x", "q" * 2_001)])
def test_a_view_that_cannot_be_shown_is_refused(session: Session, ana: Desk, name: str, query: str):
    with pytest.raises(Invalid):
        saved_views.save(session, ana, name, query, "personal")


def write(session: Session, desk: Desk, shortcut: str, title: str, scope: str = "personal") -> int:
    return canned.save(
        session, desk, shortcut=shortcut, title=title, body="Olá, {contact}.", scope=scope
    )


def test_a_text_is_found_by_the_beginning_of_its_shortcut_and_by_words_of_its_title(
    session: Session, ana: Desk, rui: Desk
):
    write(session, ana, "glosa-prazo", "Prazo do recurso de glosa")
    write(session, ana, "::lote", "Lote recebido", "sector")
    assert [c.shortcut for c in canned.find(session, ana.actor)] == ["glosa-prazo", "lote"]
    assert [c.shortcut for c in canned.find(session, ana.actor, "glo")] == ["glosa-prazo"]
    assert [c.shortcut for c in canned.find(session, ana.actor, "recursos")] == ["glosa-prazo"]
    assert [(c.shortcut, c.mine) for c in canned.find(session, rui.actor)] == [("lote", False)]


def test_a_text_is_changed_by_its_owner_and_retired(session: Session, ana: Desk, rui: Desk):
    made = write(session, ana, "lote", "Lote recebido", "sector")
    with pytest.raises(NotVisible):
        canned.retire(session, rui, made)
    again = canned.save(
        session, ana, shortcut="lote", title="Lote", body="B", scope="personal", canned_id=made
    )
    assert again == made
    assert canned.find(session, rui.actor) == []
    canned.retire(session, ana, made)
    assert canned.find(session, ana.actor) == []


def test_every_wrong_field_of_a_text_is_named(session: Session, ana: Desk):
    with pytest.raises(Invalid) as error:
        canned.save(
            session, ana, shortcut="com espaço", title=" ", body="{senha}", scope="personal"
        )
    assert [e.field for e in error.value.errors] == ["shortcut", "title", "body"]


def test_what_nobody_knows_is_left_to_fill_in():
    said = canned.fill("{contact}, o protocolo {protocol} vence {due}.", {"contact": "Luciana"})
    assert said == "Luciana, o protocolo ___ vence ___."


def test_columns_and_keys_are_an_agents_own(session: Session, ana: Desk, rui: Desk):
    known = ("number", "title", "due")
    agent_settings.set_columns(session, ana, [Column("title", 300), Column("number")], known)
    agent_settings.set_keys(session, ana, {"claim": "Z", "forward": ""})
    session.flush()
    kept = agent_settings.load(session, ana.actor)
    assert kept.columns == (Column("title", 300), Column("number"))
    assert kept.keys == {"claim": "Z", "forward": ""}
    assert agent_settings.load(session, rui.actor).columns == ()
    for wrong in ([Column("x")], [Column("due"), Column("due")], [Column("due", 9_999)]):
        with pytest.raises(Invalid):
            agent_settings.set_columns(session, ana, wrong, known)
