"""Which notices a person wants by e-mail; the portal shows them all the same."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, SkipValidation
from litestar.response import Redirect

from channels.kit import Kit
from channels.web.visitors import PortalRequest, somebody
from helpdesk import muting
from helpdesk.models import Person

PAGE = "/conta/avisos"


@get(PAGE)
async def notices_show(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    feito: FromQuery[str] = "",
) -> Response[str]:
    actor, _ = somebody(request)
    person = await kit.work.read(lambda session: session.get_one(Person, actor.id or 0))
    context: dict[str, object] = {
        "kinds": list(muting.KINDS),
        "muted": person.muted,
        "person": person,
        "done": bool(feito),
    }
    return kit.page(request, "web/notices.html", context)


@post(PAGE)
async def notices_change(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Redirect:
    """Ticked is wanted."""
    actor, _ = somebody(request)
    form = await request.form()
    wanted = {str(value) for value in form.getall("want", [])}
    muted = [kind for kind in muting.KINDS if kind not in wanted]
    await kit.work.write(muting.choose, actor, muted, now=kit.clock())
    return Redirect(f"{PAGE}?feito=1", status_code=303)
