"""When the core says no: which status, and what to tell the second of two people at one ticket."""

from typing import Any

from gateway.console.shell import AgentRequest, Console
from helpdesk import history
from helpdesk.errors import Claimed, Conflict, Invalid, Stale


def status(error: Invalid | Conflict) -> int:
    return 422 if isinstance(error, Invalid) else 409


def reason(error: Invalid | Conflict) -> str:
    match error:
        case Claimed():
            return "claimed"
        case Stale():
            return "stale"
        case Conflict():
            return "refused"
        case _:
            return ""


async def meanwhile(
    request: AgentRequest, console: Console, number: int, error: Invalid | Conflict
) -> dict[str, Any]:
    """What to tell the second of two: who holds it, or who did what last."""
    if isinstance(error, Claimed):
        return {"holder": error.holder}
    if isinstance(error, Invalid):
        return {}
    entries, _ = await console.kit.work.read(history.changes, request.user, number, limit=1)
    return {"code": error.code, "last": entries[0] if entries else None}
