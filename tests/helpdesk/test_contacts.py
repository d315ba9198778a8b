"""What the portal's own tests cannot ask of the provider's list."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from helpdesk import contacts
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import Invalid
from helpdesk.policy import Policy


def test_an_unknown_tab_is_refused(session: Session, policy: Policy, now: datetime) -> None:
    actor = Actor(ActorKind.PERSON, 1, providers=((1, "all"),))
    with pytest.raises(Invalid, match="situation: unknown"):
        contacts.page(session, actor, 1, "pending", policy=policy, now=now)
