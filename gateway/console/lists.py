"""The dialogs of a list: fetched by the script, pages of their own without it."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from litestar import Response

from gateway.console import addresses, commands, shell
from gateway.console.addresses import Address
from gateway.console.shell import AgentRequest, Console


class Named(Protocol):
    @property
    def id(self) -> object: ...


N = TypeVar("N", bound=Named)


def address_of(request: AgentRequest) -> Address:
    """The list a dialog was opened from."""
    return addresses.parse(list(request.query_params.multi_items()), "").whole


async def show(
    request: AgentRequest,
    console: Console,
    name: str,
    context: Mapping[str, object],
    status: int = 200,
) -> Response[str]:
    """`templates/console/lists/<name>.html` over the list or alone."""
    kit, address = console.kit, address_of(request)
    given: dict[str, object] = {"address": address, "back": address.url(), **context}
    if request.headers.get("hx-request"):
        return kit.page(request, f"console/lists/{name}.html", {"now": kit.clock()} | given, status)
    near = await kit.work.read(shell.around, request.user, now=kit.clock())
    return shell.page(
        console, request, f"console/lists/{name}", near, given | {"alone": True},
        kind=commands.OTHER, status=status,
    )  # fmt: skip


def moved(order: Sequence[N], move: str) -> list[N]:
    """`up.ID` or `down.ID`: one place nearer to the start or to the end."""
    way, _, key = move.partition(".")
    found = list(order)
    at = next((n for n, one in enumerate(found) if str(one.id) == key), None)
    if at is not None:
        to = min(max(at + (-1 if way == "up" else 1), 0), len(found) - 1)
        found.insert(to, found.pop(at))
    return found
