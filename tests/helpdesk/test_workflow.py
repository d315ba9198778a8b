from itertools import product

import pytest

from helpdesk.errors import Conflict
from helpdesk.workflow import NEXT, WAITING, Action, Situation, next_situation, waiting_after

OPEN, PENDING, CLOSED = Situation


@pytest.mark.parametrize(("situation", "action"), [*product(Situation, Action)])
def test_every_pair_leads_somewhere_or_is_refused(situation: Situation, action: Action) -> None:
    if (situation, action) in NEXT:
        assert next_situation(situation, action) is NEXT[situation, action]
        return
    with pytest.raises(Conflict) as refused:
        next_situation(situation, action)
    assert refused.value.code == "not_allowed"
    assert refused.value.data == {"situation": situation, "action": action}


def test_life_of_a_ticket() -> None:
    situation = OPEN
    for action, following in [
        (Action.CLAIM, OPEN),
        (Action.FORWARD, OPEN),
        (Action.PENDING, PENDING),
        (Action.COMPLEMENT, OPEN),
        (Action.REPLY, OPEN),
        (Action.CLOSE, CLOSED),
        (Action.NOTE, CLOSED),
        (Action.REOPEN, OPEN),
    ]:
        situation = next_situation(situation, action)
        assert situation is following


def test_closed_ticket_takes_nothing_but_what_ends_or_revives_it() -> None:
    allowed = {action for situation, action in NEXT if situation is CLOSED}
    assert allowed == {Action.NOTE, Action.GIVE_UP, Action.REOPEN, Action.MERGE, Action.SURVEY}


def test_only_an_open_ticket_is_deleted() -> None:
    assert [situation for situation, action in NEXT if action is Action.DELETE] == [OPEN]


def test_every_action_is_allowed_somewhere() -> None:
    assert {action for _, action in NEXT} == set(Action)


@pytest.mark.parametrize("action", Action)
def test_whose_turn_it_is(action: Action) -> None:
    assert waiting_after(action) == WAITING.get(action)
    expected = {Action.REPLY: "provider", Action.COMPLEMENT: "agent"}
    if action in expected:
        assert waiting_after(action) == expected[action]
