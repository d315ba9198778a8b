"""Textos prontos: found while one writes, filled from the open ticket, and kept on a page of their
own.

The core names variables in English (`{protocol}`); people read and write their Portuguese names
(`{protocolo}`, with or without accent). One the ticket has no value for stays visible in braces,
and an answer that still holds one is not sent.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway import formats
from gateway.console import asking, commands, fields, shell
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Around, Console
from gateway.labels import LABELS, label
from helpdesk import access, canned, conversation, thread
from helpdesk.border import Actor
from helpdesk.canned import Canned
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.policy import Policy
from helpdesk.views import Thread

URL = "/central/textos"
KIND = "canned_variable"
MOST_OFFERED = 12
_BRACED = re.compile(r"\{([^\W\d_]+)\}")


@dataclass(frozen=True, slots=True)
class Texts:
    near: Around
    #: None on the page where they are kept
    thread: Thread | None
    found: list[Canned]


@get("/textos")
async def text_list(
    request: AgentRequest, console: NamedDependency[Console], editar: FromQuery[int] = 0
) -> Response[str]:
    """Everything the agent has; `editar`: the one the form holds."""
    access.require(request.user, "ticket.reply")
    return await _page(request, console, Fields({}), editar)


@post("/textos")
async def text_save(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    form = await fields.read(request)
    try:
        await console.kit.work.write(_save, console.desk(request), form)
    except Invalid as error:
        return await _page(request, console, form, form.number("id") or 0, error)
    return shell.go(console, URL, "text-saved")


@post("/textos/{text_id:int}/retirar")
async def text_retire(
    request: AgentRequest, console: NamedDependency[Console], text_id: FromPath[int]
) -> Redirect:
    await console.kit.work.write(canned.retire, console.desk(request), text_id)
    return shell.go(console, URL, "text-retired")


@get("/{number:int}/textos")
async def text_choose(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    """The same choice without a script: each leads back to the composer."""
    kit = console.kit
    found = await kit.work.read(_texts, console.desk(request), number, "")
    context: dict[str, object] = {
        "texts": _filled(console, request, found),
        "row": found.thread.row if found.thread else None,
        "address": asking.address_of(request),
    }
    return shell.page(
        console, request, "console/text_choice", found.near, context, kind=commands.OTHER
    )


@get("/{number:int}/textos/achar")
async def text_find(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    q: FromQuery[str] = "",
) -> list[dict[str, Any]]:
    """What begins with, or is called, what stands behind `::`, ready to be put in."""
    found = await console.kit.work.read(_texts, console.desk(request), number, q)
    return _filled(console, request, found)[:MOST_OFFERED]


async def put(console: Console, request: AgentRequest, seen: Thread, text_id: int) -> str:
    """One of the agent's texts, filled from a ticket. Raises `NotVisible`."""
    found = await console.kit.work.read(_chosen, request.user, text_id)
    return filled(found.body, values(console.kit.policy, request.user.name, seen))


def _chosen(session: Session, actor: Actor, text_id: int) -> Canned:
    found = next((each for each in canned.find(session, actor) if each.id == text_id), None)
    if found is None:
        raise NotVisible("canned_text", text_id)
    return found


def values(policy: Policy, agent: str, seen: Thread) -> dict[str, str]:
    """What each variable is in this ticket, "" where it has none."""
    row = seen.row
    return {
        "provider": row.provider_name,
        "contact": seen.contact_name,
        "protocol": row.protocol or "",
        "number": str(row.number),
        "title": row.title,
        "due": formats.Clock(policy.zone).moment(row.due_at),
        "classification": row.classification,
        "agent": agent,
        "sector": row.sector or "",
        "insurer": policy.insurer,
    }


def filled(body: str, given: Mapping[str, str]) -> str:
    """The text for the composer; `{contato}` where the ticket has none."""
    return canned.fill(body, {name: given.get(name) or _braced(name) for name in canned.VARIABLES})


def blanks(text: str) -> list[str]:
    """Portuguese names of variables that still stand in a text, each once."""
    known = LABELS[KIND].values()
    return list(dict.fromkeys(w for w in map(_plain, _BRACED.findall(text)) if w in known))


def refuse_blanks(text: str) -> None:
    """Raises `Invalid` for a text that is not finished."""
    left = blanks(text)
    if left:
        names = ", ".join("{" + word + "}" for word in left)
        raise Invalid(FieldError("text", "blanks", (("names", names),)))


def spoken(body: str) -> str:
    """As the screens show it."""
    return canned.fill(body, {name: _braced(name) for name in canned.VARIABLES})


def stored(body: str) -> str:
    """As the core keeps it; an unknown name stays, and the core refuses it."""
    names = {word: name for name, word in LABELS[KIND].items()}

    def put(found: re.Match[str]) -> str:
        word = _plain(found[1])
        return "{" + names.get(word, word) + "}"

    return _BRACED.sub(put, body)


def _braced(name: str) -> str:
    return "{" + label(name, KIND) + "}"


def _plain(word: str) -> str:
    parts = unicodedata.normalize("NFD", word.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def _filled(console: Console, request: AgentRequest, found: Texts) -> list[dict[str, Any]]:
    assert found.thread is not None
    given = values(console.kit.policy, request.user.name, found.thread)
    ready = [(each, filled(each.body, given)) for each in found.found]
    return [
        {
            "id": each.id,
            "key": each.shortcut,
            "title": each.title,
            "note": label(each.scope, "kept_scope"),
            "text": text,
            "blanks": blanks(text),
        }
        for each, text in ready
    ]


async def _page(
    request: AgentRequest,
    console: Console,
    form: Fields,
    edited: int,
    error: Invalid | None = None,
) -> Response[str]:
    found = await console.kit.work.read(_texts, console.desk(request), None, "")
    mine = next((each for each in found.found if each.id == edited), None)
    if not form.values and mine is not None:
        held = {"id": mine.id, "shortcut": mine.shortcut, "title": mine.title, "scope": mine.scope}
        form = Fields({k: [str(v)] for k, v in held.items()} | {"body": [spoken(mine.body)]})
    shares = request.user.may(access.writes("canned"))
    scopes = ["personal", *(["sector"] if request.user.sector_id else [])]
    context: dict[str, object] = {
        "texts": [
            {"text": each, "body": spoken(each.body), "may": each.mine or shares}
            for each in found.found
        ],
        "form": form,
        "errors": fields.problems(error) if error else {},
        "scopes": [(s, label(s, "kept_scope")) for s in [*scopes, *(["all"] if shares else [])]],
        "variables": list(LABELS[KIND].values()),
    }
    return shell.page(
        console, request, "console/texts", found.near, context,
        kind=commands.OTHER, status=422 if error else 200,
    )  # fmt: skip


def _save(session: Session, desk: Desk, form: Fields) -> int:
    return canned.save(
        session,
        desk,
        shortcut=form.one("shortcut"),
        title=form.one("title"),
        body=stored(form.one("body")),
        scope=form.one("scope"),
        canned_id=form.number("id"),
    )


def _texts(session: Session, desk: Desk, number: int | None, said: str) -> Texts:
    seen = None
    if number is not None:
        seen = thread.view(
            session, desk.actor, number,
            policy=desk.policy, now=desk.now, window=conversation.NOTHING,
        )  # fmt: skip
    near = shell.around(session, desk.actor, now=desk.now, current=URL)
    return Texts(near, seen, canned.find(session, desk.actor, said))
