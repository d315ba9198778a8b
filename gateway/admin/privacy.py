"""Personal data (LGPD): whom it is about, what there is, handing it over, erasing it."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Stream
from sqlalchemy.orm import Session

from gateway.admin import frame, handing
from gateway.console import fields, shell
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Around, Console
from gateway.console.ticket import looked
from gateway.labels import ERASED
from helpdesk import access, privacy
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.models import Hold
from helpdesk.privacy import Subject, holds, looking, retention
from helpdesk.privacy.looking import Somebody
from helpdesk.privacy.retention import Kept

PAGE = "/cadastros/privacidade"


@dataclass(frozen=True, slots=True)
class Overview:
    near: Around
    found: list[Somebody]
    kept: list[Kept]
    standing: list[tuple[Hold, str, str]]


@dataclass(frozen=True, slots=True)
class Dossier:
    """What there is of somebody: rows by place, and what stands against erasing them."""

    near: Around
    somebody: Somebody
    identity: dict[str, int]
    texts: dict[str, int]
    standing: list[Hold]


@get("/privacidade")
async def privacy_show(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    return await overview(request, console, {}, {})


async def overview(
    request: AgentRequest,
    console: Console,
    typed: dict[str, str],
    errors: dict[str, dict[str, object]],
    status: int = 200,
) -> Response[str]:
    asked = request.query_params.get("q", "").strip()
    found = await console.kit.work.read(_overview, console.desk(request), asked)
    context: dict[str, object] = {
        "asked": asked,
        "found": found.found,
        "kept": found.kept,
        "standing": found.standing,
        "typed": typed,
        "errors": errors,
        "writes": request.user.may(holds.WRITES),
    }
    return frame.page(
        console, request, "admin/privacy", found.near, "privacidade", context, status=status
    )


@get("/privacidade/titular")
async def subject_show(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    return await _dossier(request, console, dict(request.query_params), {})


@get("/privacidade/titular.zip")
async def subject_export(request: AgentRequest, console: NamedDependency[Console]) -> Stream:
    """Everything they may have of it; that it was taken is noted."""
    access.require(request.user, holds.READS)
    kit = console.kit
    asked = dict(request.query_params)
    somebody, told = await kit.work.read(_told, request.user, asked)
    await looked(console, request, "personal_data", None, f"person {somebody.person_id or '-'}")
    content = await handing.zipped(kit, somebody, told)
    return Stream(
        content,
        media_type="application/zip",
        headers={
            "Content-Disposition": 'attachment; filename="dados-pessoais.zip"',
            "Cache-Control": "no-store",
        },
    )


@post("/privacidade/apagar")
async def subject_erase(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    """The address is typed again: whoever erases has read whom."""
    form = await fields.read(request)
    asked = {name: form.one(name) for name in ("pessoa", "endereco", "reason", "texts", "address")}
    try:
        await console.kit.work.write(_erase, console.desk(request), form)
    except Invalid as error:
        return await _dossier(request, console, asked, fields.problems(error), 422)
    except Conflict as error:
        if error.code != "on_hold":
            raise
        return await _dossier(request, console, asked, {}, 409)
    return shell.go(console, PAGE, "subject-erased")


async def _dossier(
    request: AgentRequest,
    console: Console,
    asked: dict[str, str],
    errors: dict[str, dict[str, object]],
    status: int = 200,
) -> Response[str]:
    found = await console.kit.work.read(_look, console.desk(request), asked)
    context: dict[str, object] = {
        "dossier": found,
        "typed": asked,
        "errors": errors,
        "writes": request.user.may(holds.WRITES),
        "who": _who(found.somebody),
    }
    return frame.page(
        console, request, "admin/dossier", found.near, "privacidade", context, status=status
    )


def _overview(session: Session, desk: Desk, asked: str) -> Overview:
    access.require(desk.actor, holds.READS)
    return Overview(
        shell.around(session, desk.actor, now=desk.now),
        looking.who(session, desk.actor, asked),
        retention.listing(session, now=desk.now),
        holds.standing(session),
    )


def _look(session: Session, desk: Desk, asked: dict[str, str]) -> Dossier:
    access.require(desk.actor, holds.READS)
    somebody = _somebody(session, desk.actor, asked)
    identity = privacy.find(session, _subject(session, somebody, texts=False))
    whole = privacy.find(session, _subject(session, somebody, texts=True))
    numbers = sorted({*whole.of("contact"), *whole.of("opener")})
    return Dossier(
        shell.around(session, desk.actor, now=desk.now),
        somebody,
        identity.counts(),
        whole.counts(),
        holds.against(session, _subject(session, somebody, texts=True), numbers),
    )


def _told(session: Session, actor: Actor, asked: dict[str, str]) -> tuple[Somebody, dict[str, Any]]:
    somebody = _somebody(session, actor, asked)
    scope = privacy.find(session, _subject(session, somebody, texts=True))
    return somebody, privacy.told(session, scope)


def _erase(session: Session, desk: Desk, form: Fields) -> None:
    access.require(desk.actor, holds.WRITES)
    asked = {"pessoa": form.one("pessoa"), "endereco": form.one("endereco")}
    somebody = _somebody(session, desk.actor, asked)
    if privacy.folded(form.one("address")) != somebody.address:
        raise Invalid(FieldError("address", "different"))
    subject = _subject(session, somebody, texts=bool(form.one("texts")))
    privacy.erase(session, desk.actor, subject, form.one("reason"), ERASED, now=desk.now)


def _somebody(session: Session, actor: Actor, asked: dict[str, str]) -> Somebody:
    """Raises `NotVisible`."""
    key = asked.get("pessoa", "")
    address = privacy.folded(asked.get("endereco", ""))
    if key.isdecimal() and len(key) < 19:  # noqa: PLR2004 - what a 64-bit number can hold
        found = looking.person(session, actor, int(key))
    else:
        found = looking.stranger(session, actor, address)
    if found is None:
        raise NotVisible("subject", key or address)
    return found


def _subject(session: Session, somebody: Somebody, *, texts: bool) -> Subject:
    if somebody.person_id is not None:
        return privacy.of_person(session, somebody.person_id, texts=texts)
    return privacy.of_address(session, somebody.address, texts=texts)


def _who(somebody: Somebody) -> dict[str, str]:
    """How the addresses of these pages name them."""
    if somebody.person_id is not None:
        return {"pessoa": str(somebody.person_id)}
    return {"endereco": somebody.address}
