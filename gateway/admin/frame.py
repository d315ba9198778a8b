"""The page around a register: the console's shell with the menu of the registers."""

from collections.abc import Mapping

from litestar import Response

from gateway.admin import screens
from gateway.console import commands, shell
from gateway.console.shell import AgentRequest, Around, Console


def page(
    console: Console,
    request: AgentRequest,
    name: str,
    near: Around,
    current: str,
    context: Mapping[str, object],
    *,
    status: int = 200,
) -> Response[str]:
    """`current`: the path of the menu's entry this page belongs to."""
    given: dict[str, object] = {"menu": screens.menu(request.user), "current": current}
    return shell.page(
        console, request, name, near, given | dict(context), kind=commands.OTHER, status=status
    )
