"""A session that ended under an open page: the page asks, and the log-in opens over it."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, SkipValidation
from sqlalchemy.orm import Session

from channels import Kit
from channels.web import doors, writer
from channels.web.doors import Door
from channels.web.visitors import HOME, PortalRequest, is_entered
from helpdesk.models import Person


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
    person_id = writer.named_in(de, kit)
    email, has_password = "", False
    if person_id is not None:
        email, has_password = await kit.work.read(_known, person_id)
    step: doors.Step = "password" if has_password else "ask"
    return doors.show(request, kit, Door(step=step, email=email, in_place=True, writer=de))


def _known(session: Session, person_id: int) -> tuple[str, bool]:
    person = session.get(Person, person_id)
    if person is None or not person.active:
        return "", False
    return person.email, bool(person.password_hash)
