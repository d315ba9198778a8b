"""Who may be named with `@` in an internal note."""

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from gateway.console.shell import AgentRequest, Console
from helpdesk import mentions


@get("/{number:int}/colegas")
async def colleague_find(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    q: FromQuery[str] = "",
) -> list[dict[str, Any]]:
    """Agents who may see the ticket and whose name or login begins with what stands behind `@`."""
    found = await console.kit.work.read(mentions.suggest, console.desk(request), number, q[:60])
    return [
        {
            "id": each.login,
            "key": each.login,
            "title": each.name,
            "note": each.sector_code or "",
            "text": f"@{each.login} ",
        }
        for each in found
    ]
