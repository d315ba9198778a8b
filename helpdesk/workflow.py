"""The whole life of a ticket as one table."""

from enum import StrEnum
from typing import Literal

from helpdesk.errors import Conflict


class Situation(StrEnum):
    """A deleted ticket is a closed one with `deleted_at`: its status belongs to `closed`."""

    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"


class Action(StrEnum):
    REPLY = "reply"
    NOTE = "note"
    COMPLEMENT = "complement"
    CLAIM = "claim"
    GIVE_UP = "give_up"
    PENDING = "pending"
    CLOSE = "close"
    REOPEN = "reopen"
    FORWARD = "forward"
    CLASSIFY = "classify"
    DELETE = "delete"
    MERGE = "merge"
    SURVEY = "survey"


WaitingOn = Literal["provider", "agent", "internal"]

_OPEN, _PENDING, _CLOSED = Situation.OPEN, Situation.PENDING, Situation.CLOSED

#: Where an action leads. What is not here is refused. A complement to a closed ticket is missing
#: on purpose: intake reopens it or opens a linked one. Deleting a pending ticket is missing because
#: somebody started it.
NEXT: dict[tuple[Situation, Action], Situation] = {
    (_OPEN, Action.REPLY): _OPEN,
    (_OPEN, Action.NOTE): _OPEN,
    (_OPEN, Action.COMPLEMENT): _OPEN,
    (_OPEN, Action.CLAIM): _OPEN,
    (_OPEN, Action.GIVE_UP): _OPEN,
    (_OPEN, Action.PENDING): _PENDING,
    (_OPEN, Action.CLOSE): _CLOSED,
    (_OPEN, Action.FORWARD): _OPEN,
    (_OPEN, Action.CLASSIFY): _OPEN,
    (_OPEN, Action.DELETE): _CLOSED,
    (_OPEN, Action.MERGE): _CLOSED,
    (_OPEN, Action.SURVEY): _OPEN,
    (_PENDING, Action.REPLY): _OPEN,
    (_PENDING, Action.NOTE): _PENDING,
    (_PENDING, Action.COMPLEMENT): _OPEN,
    (_PENDING, Action.CLAIM): _PENDING,
    (_PENDING, Action.GIVE_UP): _PENDING,
    (_PENDING, Action.PENDING): _PENDING,
    (_PENDING, Action.CLOSE): _CLOSED,
    (_PENDING, Action.FORWARD): _OPEN,
    (_PENDING, Action.CLASSIFY): _PENDING,
    (_PENDING, Action.MERGE): _CLOSED,
    (_PENDING, Action.SURVEY): _PENDING,
    (_CLOSED, Action.NOTE): _CLOSED,
    (_CLOSED, Action.GIVE_UP): _CLOSED,
    (_CLOSED, Action.REOPEN): _OPEN,
    (_CLOSED, Action.MERGE): _CLOSED,
    (_CLOSED, Action.SURVEY): _CLOSED,
}

#: whose turn it is afterwards; an action that is not here changes nothing about it. Left pending
#: with a question to the provider it is the provider's turn, which the verb knows.
WAITING: dict[Action, WaitingOn] = {
    Action.REPLY: "provider",
    Action.COMPLEMENT: "agent",
    Action.PENDING: "internal",
    Action.REOPEN: "agent",
    Action.FORWARD: "agent",
}


def next_situation(situation: Situation, action: Action) -> Situation:
    """Say where the action leads. Raises `Conflict("not_allowed")` with both when it does not."""
    following = NEXT.get((situation, action))
    if following is None:
        code = "not_allowed"
        raise Conflict(code, situation=str(situation), action=str(action))
    return following


def waiting_after(action: Action) -> WaitingOn | None:
    """Say whose turn it is after the action; None when it stays whose it was."""
    return WAITING.get(action)
