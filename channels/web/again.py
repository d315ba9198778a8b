"""A session that ended under an open page: the page asks, and the log-in opens over it."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, SkipValidation

from channels.kit import Kit
from channels.web import doors, writer
from channels.web.doors import Door
from channels.web.visitors import HOME, PortalRequest, is_entered


@get(f"{HOME}/sessao")
async def session_look(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], de: FromQuery[str] = ""
) -> Response[None]:
    """204 while the page's own person (`de`: its mark) is logged in, 401 when nobody is, 409 when
    somebody else is."""
    if not is_entered(request) or request.user.id is None:
        return Response(None, status_code=401)
    mine = writer.is_theirs(de, request.user.id, kit)
    return Response(None, status_code=204 if mine else 409)


@get(f"{HOME}/entrar")
async def session_again(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], de: FromQuery[str] = ""
) -> Response[str]:
    """The log-in as a dialog, for the person whose page it stands over."""
    door = await doors.known(Door(in_place=True, writer=de), kit)
    return doors.show(request, kit, door)
