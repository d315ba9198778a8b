"""The first answer to a request that may come twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import idempotency, sessions
from helpdesk.errors import Conflict
from helpdesk.models import (
    ApiToken,
    Idempotency,
)
from tests.helpdesk.factories import NOW, make_agent


@pytest.fixture
def token_id(session: Session) -> int:
    make_agent(session)
    sessions.add_token(session, "ERP", "ana", now=NOW)
    session.flush()
    return session.scalars(select(ApiToken.id)).one()


def test_a_key_is_answered_once_a_day(session: Session, token_id: int):
    def begin(body: str = "a", *, hours: float = 0) -> Idempotency:
        return idempotency.begin(
            session, token_id, "/x", "k", body * 64, now=NOW + timedelta(hours=hours)
        )

    first = begin()
    assert first.status is None
    first.status, first.answer = 201, "{}"
    session.flush()
    assert begin(hours=23).status == 201
    with pytest.raises(Conflict):
        begin("b")
    assert begin("b", hours=24).status is None
    idempotency.forget(session, now=NOW + timedelta(hours=47))
    assert session.scalars(select(Idempotency)).one()
    idempotency.forget(session, now=NOW + timedelta(hours=48))
    assert session.scalars(select(Idempotency)).all() == []
