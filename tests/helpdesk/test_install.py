"""The registers a new instance starts with."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from helpdesk.install import install
from helpdesk.models import (
    Classification,
    Reason,
    Subclassification,
)


def test_a_bare_instance_has_only_triage(session: Session):
    for table in (Reason, Subclassification, Classification):
        session.execute(delete(table))
    install(session, bare=True)
    session.flush()
    assert session.scalars(select(Classification.code)).all() == ["TRI"]


def test_what_was_edited_is_left_as_it_is(session: Session):
    glo = session.scalars(select(Classification).where(Classification.code == "GLO")).one()
    glo.name, glo.days = "Glosas", 10
    session.flush()
    install(session)
    session.flush()
    assert (glo.name, glo.days) == ("Glosas", 10)
    assert len(session.scalars(select(Classification)).all()) == 21
