"""The addresses under which the portal's forms send files in pieces (`channels.web.pieces`)."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, SkipValidation
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web import pieces, uploads, writer
from channels.web.pieces import PIECE, Receiver
from channels.web.uploads import SLOT_FIELD, Taken
from channels.web.visitors import HOME, PortalRequest, Visitor, entered, is_entered
from helpdesk import drafts, thread
from helpdesk.border import File

SENDING = f"{HOME}/envios"


@post(SENDING, status_code=200)
async def upload_begin(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[Any]:
    """`ref` names the contact that is added to, "" a new one; `field` the picker. Also for somebody
    else than the form's writer the session is over."""
    form = await request.form()
    if not is_entered(request):
        return _over()
    visitor = entered(request)
    if not writer.is_theirs(writer.of(form), visitor.id, kit):
        return _over()
    ref, field = str(form.get("ref", "")), SLOT_FIELD.fullmatch(str(form.get("field", "")))
    place = await kit.work.read(_place, visitor, ref)
    item = int(field[1]) if field else None
    return await pieces.begin(_receiver(kit, visitor), form, place, item)


@get(f"{SENDING}/{{upload:str}}")
async def upload_look(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], upload: FromPath[str]
) -> Response[Any]:
    if not is_entered(request):
        return _over()
    return await pieces.look(_receiver(kit, entered(request)), upload)


@post(f"{SENDING}/{{upload:str}}", status_code=200, request_max_body_size=PIECE)
async def upload_add(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    upload: FromPath[str],
    desde: FromQuery[int] = 0,
) -> Response[Any]:
    """`desde`: how many octets came before these."""
    if not is_entered(request):
        return _over()
    return await pieces.add(_receiver(kit, entered(request)), upload, desde, request)


@post(f"{SENDING}/{{upload:str}}/remover", status_code=204)
async def upload_drop(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], upload: FromPath[str]
) -> Response[None]:
    if not is_entered(request):
        return _over()
    await pieces.drop(_receiver(kit, entered(request)), upload)
    return Response(None, status_code=204)


def _over() -> Response[Any]:
    """The session ended: a script asks for the log-in and goes on."""
    return Response(None, status_code=401)


def _receiver(kit: Kit, visitor: Visitor) -> Receiver:
    def seal(file: File, item: int | None) -> str:
        return uploads.seal(Taken(file, item), visitor.id, kit.keyring, kit.clock())

    return Receiver(kit, visitor.owner, seal)


def _place(session: Session, visitor: Visitor, ref: str) -> str:
    """Raises `NotVisible` for a contact that is not theirs."""
    return drafts.of_ticket(thread.find(session, visitor.actor, ref)) if ref else drafts.NEW
