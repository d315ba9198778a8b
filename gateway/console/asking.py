"""The forms of a ticket's actions: a dialog for the script, a page of its own without it.

What was refused comes back with what was typed, says what happened meanwhile, and carries the
version that is true now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response
from sqlalchemy.orm import Session

from gateway.console import addresses, commands, fields, refusals, shell
from gateway.console.addresses import Address
from gateway.console.fields import Fields, Kept
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import access, catalog, choices, conversation, secrecy, thread
from helpdesk.border import Actor
from helpdesk.catalog import Catalog
from helpdesk.choices import Colleague
from helpdesk.errors import Conflict, Invalid
from helpdesk.policy import Policy
from helpdesk.views import Thread

#: templates/console/forms/<name>.html and where it is sent
PATHS = {
    "note": "nota",
    "pending": "pendente",
    "forward": "encaminhar",
    "close": "encerrar",
    "reopen": "reabrir",
    "classify": "classificar",
    "delete": "excluir",
    "consult": "consultar",
    "merge": "juntar",
    "split": "separar",
    "give-up": "desistir",
    "secrecy": "sigilo",
    "message-secrecy": "mensagens/{message}/sigilo",
}
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Form:
    """What a form needs beside the ticket."""

    near: Around
    thread: Thread
    others: list[Thread]
    registers: Catalog
    colleagues: list[Colleague]
    #: for whom something may be kept
    groups: list[str]


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds when it is shown (again)."""

    fields: Fields
    errors: dict[str, dict[str, object]]
    stopped: str = ""
    data: dict[str, Any] | None = None
    kept: Sequence[Kept] = ()


EMPTY = Typed(Fields({}), {})


def numbers_of(form: Fields, number: int) -> list[int]:
    return fields.numbers(form.many("number"))[:MOST_AT_ONCE] or [number]


def address_of(request: AgentRequest) -> Address:
    return addresses.parse(list(request.query_params.multi_items()), "").address


def here(request: AgentRequest, number: int) -> str:
    return address_of(request).url(f"/central/{number}")


def queue(request: AgentRequest) -> str:
    return address_of(request).url()


async def show(
    request: AgentRequest,
    console: Console,
    number: int,
    name: str,
    typed: Typed,
    status: int = 200,
) -> Response[str]:
    """The form as a dialog for the script, as a page without it."""
    access.require(request.user, commands.permission_of(name))
    numbers = numbers_of(typed.fields, number)
    if len(numbers) == 1:
        asked = request.query_params.getall("number", [])
        numbers = fields.numbers(asked)[:MOST_AT_ONCE] or numbers
    kit = console.kit
    found = await kit.work.read(_read, request.user, numbers, policy=kit.policy, now=kit.clock())
    path = PATHS[name].format(message=typed.fields.number("message"))
    context: dict[str, object] = {
        "form": found,
        "action": address_of(request).url(f"/central/{found.thread.row.number}/{path}"),
        "back": here(request, found.thread.row.number),
        "row": found.thread.row,
        "name": name,
        "typed": typed,
        "address": address_of(request),
        "limits": fields.limits_of(console.kit),
    } | _choices(name, found)
    if request.headers.get("hx-request"):
        more: dict[str, object] = {"now": kit.clock()}
        return kit.page(request, f"console/forms/{name}.html", context | more, status)
    return shell.page(
        console, request, f"console/forms/{name}", found.near, context | {"alone": True},
        kind=commands.OTHER, status=status,
    )  # fmt: skip


def _choices(name: str, found: Form) -> dict[str, object]:
    """What the selects of a form offer."""
    registers, row = found.registers, found.thread.row
    sub = registers.subclassification(row.subclassification_code or "")
    return offered(name, registers, found.colleagues) | {
        "groups": [(g, g) for g in found.groups],
        "closing": registers.said(
            "closing_message", row.classification_code, row.subclassification_code
        ),
        "reasons": reasons(registers, sub.id) if sub else [],
    }


def offered(name: str, registers: Catalog, colleagues: Sequence[Colleague]) -> dict[str, object]:
    """The same, whatever the ticket is."""
    situation = {"pending": "pending", "close": "closed"}.get(name)
    active = sorted(
        (c for c in registers.classifications.values() if c.active),
        key=lambda c: (c.position, c.id),
    )
    return {
        "statuses": [
            (s.code, s.label)
            for s in sorted(registers.statuses.values(), key=lambda s: s.position)
            if s.active and s.situation == situation and s.code not in catalog.NOT_CHOSEN
        ],
        "sectors": [(s.code, s.name) for s in registers.sectors.values() if s.active],
        "people": [(c.login, f"{c.name} · {c.sector_code or '—'} · {c.open}") for c in colleagues],
        "classifications": [(c.code, c.name) for c in active],
        "subclassifications": [
            (c.code, c.name, [(s.code, s.name) for s in registers.children(c.id)]) for c in active
        ],
        "reasons_by": [
            (s.code, s.name, reasons(registers, s.id))
            for s in registers.subclassifications.values()
        ],
    }


def reasons(registers: Catalog, subclassification_id: int) -> list[tuple[str, str]]:
    return [
        (r.code, r.name)
        for r in registers.reasons.values()
        if r.subclassification_id == subclassification_id and r.active
    ]


def _read(
    session: Session, actor: Actor, numbers: Sequence[int], *, policy: Policy, now: datetime
) -> Form:
    seen = [
        thread.view(session, actor, n, policy=policy, now=now, window=conversation.NOTHING)
        for n in numbers
    ]
    return Form(
        near=shell.around(session, actor, now=now),
        thread=seen[0],
        others=seen,
        registers=catalog.load(session, policy),
        colleagues=choices.colleagues(session),
        groups=secrecy.groups(session),
    )


async def again(
    request: AgentRequest,
    console: Console,
    number: int,
    name: str,
    form: Fields,
    error: Invalid | Conflict,
    kept: Sequence[Kept] = (),
) -> Response[str]:
    typed = Typed(
        form,
        fields.problems(error) if isinstance(error, Invalid) else {},
        refusals.reason(error),
        await refusals.meanwhile(request, console, number, error),
        kept,
    )
    return await show(request, console, number, name, typed, refusals.status(error))
