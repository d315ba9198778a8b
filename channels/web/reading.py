"""Seeing one contact: the conversation, the confirmation, the calendar entry, the read mark."""

from collections.abc import Sequence

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, SkipValidation
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web import agenda, conversation, forms, slots, uploads, writer
from channels.web.conversation import Conversation
from channels.web.forms import Problem
from channels.web.uploads import Uploads
from channels.web.visitors import HOME, PortalRequest, Visitor, entered
from helpdesk import thread
from helpdesk.intake.checking import MOST_TEXT

CALENDAR = "text/calendar"


@get(f"{HOME}/{{ref:str}}")
async def contact_show(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    ref: FromPath[str],
    confirmado: FromQuery[str] = "",
) -> Response[str]:
    visitor, now = entered(request), kit.clock()
    found = await kit.work.read(conversation.load, visitor, ref, policy=kit.policy, now=now)
    if confirmado == "1":
        context: dict[str, object] = {"found": found, "now": now, "ref": ref}
        return kit.page(request, "web/confirmation.html", context)
    return show(request, kit, visitor, found)


@get(f"{HOME}/{{ref:str}}/complementar")
async def complement_ask(ref: FromPath[str]) -> Redirect:
    """The field stands at the end of the conversation."""
    return Redirect(f"{HOME}/{ref}#complementar", status_code=303)


@get(f"{HOME}/{{ref:str}}/retorno.ics")
async def contact_calendar(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], ref: FromPath[str]
) -> Response[bytes]:
    """The day of the answer. It names the protocol only: calendars travel."""
    visitor, now = entered(request), kit.clock()
    found = await kit.work.read(conversation.load, visitor, ref, policy=kit.policy, now=now)
    row = found.thread.row
    context: dict[str, object] = {
        "row": row,
        "written": agenda.stamp(now),
        "due": agenda.stamp(row.due_at),
        "link": kit.policy.link(conversation.address(row)),
    }
    name = f"retorno-{conversation.reference(row)}.ics"
    return Response(
        agenda.folded(kit.render("web/return.ics", context)),
        media_type=CALENDAR,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@post(f"{HOME}/{{ref:str}}/lida")
async def contact_mark_read(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], ref: FromPath[str]
) -> Response[None] | Redirect:
    """A script says so once the page was looked at; without one there is a button."""
    await kit.work.write(_mark_read, entered(request), ref)
    if "x-csrf-token" in request.headers:
        return Response(None, status_code=204)
    return Redirect(f"{HOME}/{ref}", status_code=303)


def show(
    request: PortalRequest,
    kit: Kit,
    visitor: Visitor,
    found: Conversation,
    *,
    fields: dict[str, str] | None = None,
    taken: Uploads | None = None,
    token: str = "",
    problems: Sequence[Problem] = (),
) -> Response[str]:
    """The conversation with the field for an addition, as it was filled in or as it was kept."""
    draft = found.draft if fields is None else None
    given = fields or (draft.fields if draft else {})
    taken = taken or slots.recalled(given, draft.files if draft else ())
    context: dict[str, object] = {
        "found": found,
        "now": kit.clock(),
        "text": given.get("text", ""),
        "draft": draft,
        "slots": slots.offered(found, given, taken, visitor.id, kit),
        "files": uploads.sealed(slots.rest(found, taken), visitor.id, kit),
        "picker": uploads.picker(taken.files, kit),
        "limit": MOST_TEXT,
        "token": token or forms.new_token(),
        "writer": writer.mark(visitor.id, kit),
        "begun": found.begun,
        "problems": problems,
    }
    return kit.page(request, "web/conversation.html", context, 422 if problems else 200)


def _mark_read(session: Session, visitor: Visitor, ref: str) -> None:
    number = thread.find(session, visitor.actor, ref)
    thread.mark_read(session, visitor.actor, number)
