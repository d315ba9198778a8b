"""How was it: one page, by the link of the closing or from the conversation."""

from collections.abc import Sequence

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web.visitors import HOME, PortalRequest, Visitor, entered
from helpdesk import ratings, thread
from helpdesk.border import Actor
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.policy import Policy
from helpdesk.ratings import Asked


@get("/avaliar/{token:str}")
async def rating_show(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str]:
    """Mail scanners follow links: only the button answers."""
    found = await kit.work.read(ratings.by_link, token, kit.policy, now=kit.clock())
    return _page(request, kit, found)


@post("/avaliar/{token:str}", status_code=200)
async def rating_give(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str]:
    typed = await _typed(request)
    try:
        found = await kit.work.write(_by_link, token, typed, kit.policy, kit)
    except Invalid as error:
        found = await kit.work.read(ratings.by_link, token, kit.policy, now=kit.clock())
        return _page(request, kit, found, typed, error.errors)
    return _page(request, kit, found)


@post(f"{HOME}/{{ref:str}}/avaliar")
async def contact_rate(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], ref: FromPath[str]
) -> Response[str] | Redirect:
    """From the conversation. Raises `NotVisible`."""
    visitor, typed = entered(request), await _typed(request)
    try:
        await kit.work.write(_by_visitor, visitor, ref, typed, kit)
    except Invalid as error:
        found = await kit.work.read(_of, visitor, ref)
        return _page(request, kit, found, typed, error.errors)
    return Redirect(f"{HOME}/{ref}#avaliar", status_code=303)


async def _typed(request: PortalRequest) -> dict[str, str]:
    form = await request.form()
    return {name: str(form.get(name, "")) for name in ("score", "comment")}


def _by_link(
    session: Session, token: str, typed: dict[str, str], policy: Policy, kit: Kit
) -> Asked | None:
    asked = ratings.by_link(session, token, policy, now=kit.clock())
    if asked is None or asked.given is not None:
        return asked
    _give(session, asked, typed, ratings.somebody(session, asked), kit)
    return ratings.by_link(session, token, policy, now=kit.clock())


def _by_visitor(
    session: Session, visitor: Visitor, ref: str, typed: dict[str, str], kit: Kit
) -> None:
    asked = _of(session, visitor, ref)
    if asked.given is None:
        _give(session, asked, typed, visitor.actor, kit)


def _of(session: Session, visitor: Visitor, ref: str) -> Asked:
    number = thread.find(session, visitor.actor, ref)
    asked = ratings.of_ticket(session, visitor.actor, number)
    if asked is None:
        raise NotVisible("rating", ref)
    return asked


def _give(session: Session, asked: Asked, typed: dict[str, str], author: Actor, kit: Kit) -> None:
    score = int(typed["score"]) if typed["score"] in {"1", "2", "3", "4", "5"} else None
    ratings.rate(session, asked, score, typed["comment"], author, now=kit.clock())


def _page(
    request: PortalRequest,
    kit: Kit,
    asked: Asked | None,
    typed: dict[str, str] | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    if asked is None:
        return kit.page(request, "web/void.html", {"what": "rating"}, 410)
    context: dict[str, object] = {
        "asked": asked,
        "typed": typed or {"score": "", "comment": ""},
        "errors": {error.field: error for error in errors},
        "limit": ratings.MOST_COMMENT,
    }
    return kit.page(request, "web/rate.html", context, 422 if errors else 200)
