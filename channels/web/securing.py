"""A person's authenticator app and recovery codes. Changed only right after a log-in."""

from datetime import datetime

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web.account import PAGE, confirm, is_fresh, show_account
from channels.web.visitors import PortalRequest, somebody
from helpdesk import accounts, factors, sealing
from helpdesk.border import Actor
from helpdesk.models import Person
from helpdesk.tokens import Keyring

APP = f"{PAGE}/aplicativo"


@get(APP)
async def app_form(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str] | Redirect:
    """A new seed; it counts once the app has answered with it. Showing it stores nothing."""
    actor, live = somebody(request)
    if not is_fresh(live, kit):
        return confirm(APP)
    return await _app(request, kit, actor, factors.new_seed())


@post(APP)
async def app_enrol(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str] | Redirect:
    actor, live = somebody(request)
    if not is_fresh(live, kit):
        return confirm(APP)
    form = await request.form()
    seed = sealing.unseal(kit.keyring, str(form.get("seed", "")), bound=_bound(actor))
    if seed is None:
        return Redirect(APP, status_code=303)
    step = factors.step_of(seed, str(form.get("code", "")), now=kit.clock())
    if step is None:
        return await _app(request, kit, actor, seed, wrong=True)
    codes = factors.new_codes()
    await kit.work.write(_enrol, actor, seed, step, codes, kit.keyring, now=kit.clock())
    return await show_account(request, kit, codes=tuple(codes))


@post(f"{APP}/remover")
async def app_remove(request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]) -> Redirect:
    actor, live = somebody(request)
    if not is_fresh(live, kit):
        return confirm(PAGE)
    await kit.work.write(_remove, actor, now=kit.clock())
    return Redirect(f"{PAGE}?feito=aplicativo", status_code=303)


@post("/conta/codigos")
async def codes_renew(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str] | Redirect:
    actor, live = somebody(request)
    if not is_fresh(live, kit):
        return confirm(PAGE)
    codes = factors.new_codes()
    await kit.work.write(factors.renew_codes, actor, codes, kit.keyring, now=kit.clock())
    return await show_account(request, kit, codes=tuple(codes))


async def _app(
    request: PortalRequest, kit: Kit, actor: Actor, seed: str, *, wrong: bool = False
) -> Response[str]:
    person = await kit.work.read(_person, actor.id or 0)
    context: dict[str, object] = {
        "picture": factors.picture(factors.uri(seed, person.email, kit.policy.insurer or "Ponte")),
        "seed": seed,
        "sealed": sealing.seal(kit.keyring, seed, bound=_bound(actor)),
        "wrong": wrong,
    }
    return kit.page(request, "web/app_form.html", context, 422 if wrong else 200)


def _bound(actor: Actor) -> str:
    return f"totp-new/person:{actor.id}"


def _person(session: Session, person_id: int) -> Person:
    return session.get_one(Person, person_id)


def _enrol(
    session: Session, actor: Actor, seed: str, step: int, codes: list[str], keyring: Keyring, *,
    now: datetime,
) -> None:  # fmt: skip
    factors.enrol(session, actor, seed, step, codes, keyring, now=now)
    accounts.tell(session, actor, "factor_added", now=now)


def _remove(session: Session, actor: Actor, *, now: datetime) -> None:
    factors.remove(session, actor, now=now)
    accounts.tell(session, actor, "factor_removed", now=now)
