"""The link of an invitation: looking shows a form, only the form uses it up."""

import asyncio

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect

from channels import Kit
from channels.web.doors import Door
from channels.web.entering import MOST_PASSWORD, enter, hash_password
from channels.web.visitors import PortalRequest
from helpdesk import logins

#: NIST SP 800-63B §3.1.1.2: length counts, rules of composition do not
LEAST_PASSWORD = 10


@get("/convite/{token:str}")
async def invitation_show(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str]:
    return await _page(request, kit, token)


@post("/convite/{token:str}")
async def invitation_accept(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str] | Redirect:
    password = str((await request.form()).get("password", ""))
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        return await _page(request, kit, token, error="too_short" if password else "required")
    hashed = await asyncio.to_thread(hash_password, password)
    person_id = await kit.work.write(logins.accept, token, kit.keyring, hashed, now=kit.clock())
    if person_id is None:
        return await _page(request, kit, token)
    return await enter(request, kit, Door(), person_id)


async def _page(request: PortalRequest, kit: Kit, token: str, *, error: str = "") -> Response[str]:
    """410 for a link that was used, expired or never sent: it says how to get another."""
    person = await kit.work.read(logins.invited, token, kit.keyring, now=kit.clock())
    if person is None:
        return kit.page(request, "web/void.html", {"what": "invitation"}, 410)
    context: dict[str, object] = {
        "token": token,
        "name": person.name,
        "email": person.email,
        "least": LEAST_PASSWORD,
        "error": error,
    }
    return kit.page(request, "web/invitation.html", context, 422 if error else 200)
