"""The owner of an address typed into a form says that it is theirs."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from channels.kit import Kit
from channels.web.visitors import PortalRequest
from helpdesk import confirming
from helpdesk.confirming import Address


@get("/confirmar/{token:str}")
async def address_show(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str]:
    """Mail scanners follow links: only the button confirms."""
    found = await kit.work.read(confirming.find, token, kit.policy, now=kit.clock())
    return _page(request, kit, token, found)


@post("/confirmar/{token:str}", status_code=200)
async def address_confirm(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str]:
    found = await kit.work.write(confirming.confirm, token, kit.policy, now=kit.clock())
    return _page(request, kit, token, found)


def _page(request: PortalRequest, kit: Kit, token: str, found: Address | None) -> Response[str]:
    if found is None:
        return kit.page(request, "web/void.html", {"what": "confirmation"}, 410)
    return kit.page(request, "web/confirm_address.html", {"token": token, "address": found})
