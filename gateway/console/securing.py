"""The second factor of an agent: app, recovery codes, passkeys. Only right after a log-in."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import fields, shell
from gateway.console.account import PAGE, show_account
from gateway.console.entrance import AGENT, Entrance, confirm, factors_of, is_fresh
from gateway.console.shell import AgentRequest
from helpdesk import accounts, factors, passkeys, sealing
from helpdesk.border import Actor
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.models import Agent
from helpdesk.passkeys import Asked, Made, Party

APP = f"{PAGE}/aplicativo"


@get("/aplicativo")
async def app_form(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[Any]:
    """A new seed; it counts once the app has answered with it. Showing it stores nothing."""
    if not is_fresh(request, entrance.kit):
        return confirm(APP)
    return await _app(request, entrance, factors.new_seed())


@post("/aplicativo")
async def app_enrol(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[Any]:
    form, kit = await fields.read(request), entrance.kit
    if not is_fresh(request, kit):
        return confirm(APP)
    seed = sealing.unseal(kit.keyring, form.one("seed"), bound=_bound(request))
    if seed is None:
        return Redirect(APP, status_code=303)
    step = factors.step_of(seed, form.one("code"), now=kit.clock())
    if step is None:
        return await _app(request, entrance, seed, wrong=True)
    codes = factors.new_codes()
    await kit.work.write(_enrol, request.user, seed, step, codes, kit.keyring, kit.clock())
    return await show_account(request, entrance, codes=tuple(codes))


@post("/aplicativo/remover")
async def app_remove(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[Any]:
    kit = entrance.kit
    if not is_fresh(request, kit):
        return confirm(PAGE)
    try:
        await kit.work.write(_remove, request.user, kit.clock())
    except Conflict:
        return await show_account(request, entrance, problem={"factor": "required"}, status=409)
    return shell.go(entrance.console, PAGE, "factor-removed")


@post("/codigos")
async def codes_renew(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[Any]:
    kit = entrance.kit
    if not is_fresh(request, kit):
        return confirm(PAGE)
    codes = factors.new_codes()
    await kit.work.write(factors.renew_codes, request.user, codes, kit.keyring, now=kit.clock())
    return await show_account(request, entrance, codes=tuple(codes))


@post("/chaves/pergunta", status_code=200)
async def passkey_offer(
    request: AgentRequest, entrance: NamedDependency[Entrance]
) -> Response[dict[str, str]]:
    """What the browser asks the device for; 403 when the log-in is not fresh."""
    kit, party = entrance.kit, entrance.party
    if party is None:
        raise NotVisible("passkey")
    if not is_fresh(request, kit):
        return Response({"confirm": confirm(PAGE).url}, status_code=403)
    asked = await kit.work.read(_offer, request.user, party, kit, request.state.browser)
    return Response({"options": asked.options, "token": asked.token})


@post("/chaves")
async def passkey_add(request: AgentRequest, entrance: NamedDependency[Entrance]) -> Response[Any]:
    form, kit, party = await fields.read(request), entrance.kit, entrance.party
    if party is None:
        raise NotVisible("passkey")
    if not is_fresh(request, kit):
        return confirm(PAGE)
    made = passkeys.made(
        party, form.one("answer"), form.one("token"), kit.keyring, request.state.browser,
        kit.clock(),
    )  # fmt: skip
    if made is None:
        return await show_account(request, entrance, problem={"passkey": "refused"}, status=422)
    try:
        await kit.work.write(_add, request.user, made, form.one("name"), kit.clock())
    except Invalid as error:
        wrong = {"passkey": error.errors[0].code}
        return await show_account(request, entrance, problem=wrong, status=422)
    return shell.go(entrance.console, PAGE, "passkey-added")


@post("/chaves/{passkey_id:int}/remover")
async def passkey_remove(
    request: AgentRequest, entrance: NamedDependency[Entrance], passkey_id: FromPath[int]
) -> Response[Any]:
    kit = entrance.kit
    if not is_fresh(request, kit):
        return confirm(PAGE)
    try:
        await kit.work.write(_drop, request.user, passkey_id, kit.clock())
    except Conflict:
        return await show_account(request, entrance, problem={"factor": "required"}, status=409)
    return shell.go(entrance.console, PAGE, "passkey-removed")


async def _app(
    request: AgentRequest, entrance: Entrance, seed: str, *, wrong: bool = False
) -> Response[str]:
    kit = entrance.kit
    assert request.user.id is not None
    agent = await kit.work.read(Session.get_one, Agent, request.user.id)
    address = factors.uri(seed, agent.login, kit.policy.insurer or "Ponte")
    context: dict[str, object] = {
        "picture": factors.picture(address),
        "seed": seed,
        "sealed": sealing.seal(kit.keyring, seed, bound=_bound(request)),
        "wrong": wrong,
        "replaces": (await kit.work.read(factors_of, agent.id)).totp_since is not None,
    }
    return kit.page(request, "console/app_form.html", context, 422 if wrong else 200)


def _bound(request: AgentRequest) -> str:
    return f"totp-new/{AGENT}:{request.user.id}"


def _enrol(
    session: Session, actor: Actor, seed: str, step: int, codes: list[str], keyring: Any, now: Any
) -> None:
    factors.enrol(session, actor, seed, step, codes, keyring, now=now)
    accounts.tell(session, actor, "factor_added", now=now)


def _remove(session: Session, actor: Actor, now: Any) -> None:
    factors.remove(session, actor, now=now)
    accounts.tell(session, actor, "factor_removed", now=now)


def _offer(session: Session, actor: Actor, party: Party, kit: Any, browser: str) -> Asked:
    assert actor.id is not None
    agent = session.get_one(Agent, actor.id)
    have = factors_of(session, actor.id).passkeys
    to = passkeys.Account(AGENT, agent.id, agent.login, agent.name)
    return passkeys.ask_new(party, to, have, kit.keyring, browser, kit.clock())


def _add(session: Session, actor: Actor, made: Made, name: str, now: Any) -> None:
    passkeys.add(session, actor, made, name, now=now)
    accounts.tell(session, actor, "passkey_added", now=now)


def _drop(session: Session, actor: Actor, passkey_id: int, now: Any) -> None:
    passkeys.remove(session, actor, passkey_id, now=now)
    accounts.tell(session, actor, "passkey_removed", now=now)
