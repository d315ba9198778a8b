"""A person's own account: password, open sessions, what happened to it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, SkipValidation
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web.coming import PERSON
from channels.web.doors import party_of
from channels.web.visitors import PortalRequest, door, somebody
from helpdesk import accounts, factors, passwords, throttles
from helpdesk.accounts import Event, Open
from helpdesk.errors import Throttled
from helpdesk.factors import Factors
from helpdesk.models import Person
from helpdesk.sessions import Live

PAGE = "/conta"
#: locks of the account are changed only by who proved a moment ago who they are
FRESH = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Account:
    person: Person
    factors: Factors
    sessions: list[Open]
    events: list[Event]


@get("/conta")
async def account_show(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    feito: FromQuery[str] = "",
) -> Response[str]:
    return await show_account(request, kit, done=feito)


@post("/conta/senha")
async def password_change(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str] | Redirect:
    """With the present password; who enters by code proves that anew instead."""
    actor, live = somebody(request)
    form = await request.form()
    current, password = str(form.get("current", "")), str(form.get("password", ""))
    found = await _load(kit, live)
    if not found.person.password_hash and not is_fresh(live, kit):
        return confirm(PAGE)
    problem = await _wrong(kit, found.person, current, password)
    if problem:
        return await show_account(request, kit, problem=problem, status=422)
    hashed = await asyncio.to_thread(passwords.hash_password, password)
    await kit.work.write(accounts.change_password, actor, hashed, now=kit.clock(), keep=live.id)
    return Redirect(f"{PAGE}?feito=senha", status_code=303)


@post("/conta/sessoes/{session_id:int}/encerrar")
async def session_end(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    session_id: FromPath[int],
) -> Redirect:
    """Right after a log-in: a stolen session puts nobody else out."""
    actor, live = somebody(request)
    if not is_fresh(live, kit):
        return confirm(PAGE)
    await kit.work.write(accounts.end_session, actor, session_id, now=kit.clock())
    return Redirect(f"{PAGE}?feito=sessao", status_code=303)


@post("/conta/sessoes/encerrar")
async def sessions_end(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Redirect:
    """All but this one, right after a log-in."""
    actor, live = somebody(request)
    if not is_fresh(live, kit):
        return confirm(PAGE)
    await kit.work.write(accounts.end_others, actor, live.id, now=kit.clock())
    return Redirect(f"{PAGE}?feito=sessoes", status_code=303)


async def show_account(
    request: PortalRequest,
    kit: Kit,
    *,
    problem: dict[str, str] | None = None,
    codes: tuple[str, ...] = (),
    done: str = "",
    status: int = 200,
) -> Response[str]:
    """`codes`: recovery codes just made, shown this once."""
    _, live = somebody(request)
    context: dict[str, object] = {
        "account": await _load(kit, live),
        "least": passwords.LEAST,
        "problem": {"current": "", "password": "", "passkey": ""} | (problem or {}),
        "passkeys": party_of(kit) is not None,
        "codes": codes,
        "done": done,
        "current": live.id,
        "now": kit.clock(),
    }
    return kit.page(request, "web/account.html", context, status)


def is_fresh(live: Live, kit: Kit) -> bool:
    return kit.clock() - live.begun_at < FRESH


def confirm(back: str) -> Redirect:
    """To the log-in, to come back and go on."""
    return Redirect(door(back, confirmar="1"), status_code=303)


async def _load(kit: Kit, live: Live) -> Account:
    return await kit.work.read(_read, live.actor.id or 0, now=kit.clock())


def _read(session: Session, person_id: int, *, now: datetime) -> Account:
    return Account(
        session.get_one(Person, person_id),
        factors.of(session, PERSON, person_id),
        accounts.open_sessions(session, PERSON, person_id, now=now),
        accounts.events(session, PERSON, person_id),
    )


async def _wrong(kit: Kit, person: Person, current: str, password: str) -> dict[str, str]:
    if person.password_hash:
        gates = throttles.gates(f"change:{PERSON}:{person.id}")
        try:
            await kit.work.read(throttles.check, gates, now=kit.clock())
        except Throttled:
            return {"current": "throttled"}
        if not await asyncio.to_thread(passwords.verify, person.password_hash, current):
            await kit.work.write(throttles.count, gates, now=kit.clock())
            return {"current": "wrong" if current else "required"}
        await kit.work.write(throttles.clear, gates)
    words = (person.name, person.email, kit.policy.insurer)
    problem = await asyncio.to_thread(passwords.problem, password, words=words)
    return {"password": problem} if problem else {}
