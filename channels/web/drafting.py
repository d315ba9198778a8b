"""What is being typed is kept as it grows, so that a closed tab or a dead line loses nothing."""

from datetime import datetime

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web import forms, slots, uploads, writer
from channels.web.forms import COMPLEMENT, OPENING
from channels.web.uploads import Uploads
from channels.web.visitors import HOME, PortalRequest, Visitor, entered, is_entered
from helpdesk import drafts, thread
from helpdesk.models import Content

#: what makes a new contact worth keeping: the rest is filled in beforehand
OWN_WORDS = ("title", "text")


@post(f"{HOME}/rascunho", status_code=204)
async def draft_save(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[None]:
    """The script's part; `ref` names the contact that is added to, "" a new one. 401 when the
    session ended: the form itself is kept when it is sent. 409 when somebody else is logged in."""
    if not is_entered(request):
        return Response(None, status_code=401)
    visitor, form = entered(request), await request.form()
    if not writer.is_theirs(writer.of(form), visitor.id, kit):
        return Response(None, status_code=409)
    ref = str(form.get("ref", ""))
    fields = forms.typed(form, COMPLEMENT if ref else OPENING)
    kept = await uploads.take(form, kit, visitor.id)
    fields |= slots.noted(form, kept)
    token = forms.token_of(form)
    await kit.work.write(_save, visitor, ref, fields, kept, token, now=kit.clock())
    return Response(None, status_code=204)


def _save(
    session: Session,
    visitor: Visitor,
    ref: str,
    fields: dict[str, str],
    kept: Uploads,
    token: str,
    *,
    now: datetime,
) -> None:
    """A form that was sent meanwhile is no draft any more; an emptied one neither."""
    place = drafts.NEW
    if ref:
        place = drafts.of_ticket(thread.find(session, visitor.actor, ref))
    prefix = forms.arrival(visitor, token)
    sent = session.scalar(
        select(Content.key).where(Content.key.startswith(prefix, autoescape=True))
    )
    own = [value for name, value in fields.items() if name in OWN_WORDS or slots.is_own(name)]
    empty = not kept.files and not any(value.strip() for value in own)
    if sent is None and empty:
        drafts.drop(session, visitor.owner, place)
    elif sent is None:
        drafts.save(session, visitor.owner, place, fields, kept.files, now=now)
