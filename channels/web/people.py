"""The people of the provider one acts for: its manager invites them and says what they see."""

from dataclasses import dataclass

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, SkipValidation
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web.visitors import PortalRequest, Visitor, entered
from helpdesk import members
from helpdesk.border import Actor
from helpdesk.errors import Conflict, FieldError, Invalid
from helpdesk.members import Done, Member

PAGE = "/conta/pessoas"
FIELDS = ("name", "email", "role", "scope")


@dataclass(frozen=True, slots=True)
class People:
    members: list[Member]
    done: list[Done]


@get(PAGE)
async def people_list(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    feito: FromQuery[str] = "",
) -> Response[str]:
    return await _show(request, kit, entered(request), {}, (), done=feito)


@post(PAGE)
async def person_invite(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str] | Redirect:
    visitor, form = entered(request), await request.form()
    typed = {name: str(form.get(name, "")) for name in FIELDS}
    try:
        await kit.work.write(
            members.invite, visitor.actor, visitor.provider_id, typed["name"], typed["email"],
            typed["role"], typed["scope"], kit.policy, now=kit.clock(),
        )  # fmt: skip
    except Invalid as error:
        return await _show(request, kit, visitor, typed, error.errors, status=422)
    return _back("convite")


@post(f"{PAGE}/{{person_id:int}}")
async def person_change(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    person_id: FromPath[int],
) -> Response[str] | Redirect:
    visitor, form = entered(request), await request.form()
    role, scope = str(form.get("role", "")), str(form.get("scope", ""))
    try:
        await kit.work.write(
            members.change, visitor.actor, visitor.provider_id, person_id, role, scope,
            now=kit.clock(),
        )  # fmt: skip
    except Conflict as error:
        return await _show(request, kit, visitor, {}, (), refused=error.code, status=409)
    return _back("mudanca")


@post(f"{PAGE}/{{person_id:int}}/retirar")
async def person_take_out(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    person_id: FromPath[int],
) -> Response[str] | Redirect:
    visitor = entered(request)
    try:
        await kit.work.write(
            members.take_out, visitor.actor, visitor.provider_id, person_id, now=kit.clock()
        )
    except Conflict as error:
        return await _show(request, kit, visitor, {}, (), refused=error.code, status=409)
    return _back("saida")


@post(f"{PAGE}/{{person_id:int}}/convidar")
async def person_invite_again(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    person_id: FromPath[int],
) -> Redirect:
    visitor = entered(request)
    await kit.work.write(
        members.invite_again, visitor.actor, visitor.provider_id, person_id, kit.policy,
        now=kit.clock(),
    )  # fmt: skip
    return _back("convite")


async def _show(
    request: PortalRequest,
    kit: Kit,
    visitor: Visitor,
    typed: dict[str, str],
    errors: tuple[FieldError, ...],
    *,
    done: str = "",
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    """403 for whoever is no manager there."""
    found = await kit.work.read(_read, visitor.actor, visitor.provider_id)
    context: dict[str, object] = {
        "members": found.members,
        "acts": found.done,
        "typed": {"role": "member", "scope": "all"} | typed,
        "errors": {error.field: error for error in errors},
        "done": done,
        "refused": refused,
        "me": visitor.id,
        "now": kit.clock(),
    }
    return kit.page(request, "web/people.html", context, status)


def _read(session: Session, actor: Actor, provider_id: int) -> People:
    return People(
        members.listing(session, actor, provider_id),
        list(members.done(session, actor, provider_id)),
    )


def _back(done: str) -> Redirect:
    return Redirect(f"{PAGE}?feito={done}", status_code=303)
