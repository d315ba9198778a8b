"""Every command of the console, once: buttons, row menu, palette, shortcuts and help read this.

What the browser gets is `for_page`: the commands of that page the agent may use. Words for people
are in the label filter under `command` and `command_group`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateway.labels import label
from helpdesk.border import Actor
from helpdesk.rows import Row
from helpdesk.workflow import NEXT, Action, Situation

#: pages a command may stand on
LIST, TICKET, HELD, OTHER = "list", "ticket", "held", "other"
EVERYWHERE = frozenset({LIST, TICKET, HELD, OTHER})
TICKETS = frozenset({LIST, TICKET})


@dataclass(frozen=True, slots=True)
class Command:
    """`does` is how the script carries it out: url, load, post, focus or action, with its value;
    the server's own handler checks the permission again. `step` is what the workflow asks."""

    id: str
    icon: str
    group: str
    does: tuple[str, str]
    keys: tuple[str, ...] = ()
    pages: frozenset[str] = EVERYWHERE
    permission: str | None = None
    step: Action | None = None
    scope: str = "page"
    danger: bool = False
    #: acts on the whole list, as it is filtered
    of_list: bool = False
    #: where its keys are its own: one key may mean another thing on another page
    keys_on: frozenset[str] = EVERYWHERE

    def keys_of(self, page: str) -> tuple[str, ...]:
        return self.keys if page in self.keys_on else ()


def _ticket(
    id: str, icon: str, does: tuple[str, str], keys: tuple[str, ...] = (), **more: Any
) -> Command:
    given: dict[str, Any] = {"pages": TICKETS, "scope": "ticket", "group": "ticket"} | more
    return Command(id, icon, does=does, keys=keys, **given)


COMMANDS: tuple[Command, ...] = (
    _ticket("open", "file", ("action", "open"), ("Enter", "O"), pages=frozenset({LIST})),
    _ticket(
        "claim", "user", ("post", "/central/{number}/assumir"), ("A",),
        permission="ticket.claim", step=Action.CLAIM,
    ),
    _ticket(
        "reply", "reply", ("focus", "texto"), ("R",),
        pages=frozenset({TICKET}), permission="ticket.reply", step=Action.REPLY,
    ),
    _ticket(
        "note", "note", ("load", "/central/{number}/nota"), ("N",),
        permission="ticket.note", step=Action.NOTE,
    ),
    _ticket(
        "forward", "fwd", ("load", "/central/{number}/encaminhar"), ("Alt+T", "Ctrl+T"),
        permission="ticket.forward", step=Action.FORWARD,
    ),
    _ticket(
        "pending", "pause", ("load", "/central/{number}/pendente"), ("F5",),
        permission="ticket.pending", step=Action.PENDING, keys_on=frozenset({TICKET}),
    ),
    _ticket(
        "classify", "edit", ("load", "/central/{number}/classificar"), ("C",),
        permission="ticket.classify", step=Action.CLASSIFY,
    ),
    _ticket(
        "close", "check", ("load", "/central/{number}/encerrar"), ("E",),
        permission="ticket.close", step=Action.CLOSE,
    ),
    _ticket(
        "reopen", "undo", ("load", "/central/{number}/reabrir"),
        permission="ticket.reopen", step=Action.REOPEN,
    ),
    _ticket(
        "give-up", "undo", ("post", "/central/{number}/desistir"), ("F6",),
        permission="ticket.claim", step=Action.GIVE_UP,
    ),
    _ticket(
        "consult", "users", ("load", "/central/{number}/consultar"),
        permission="ticket.forward", step=Action.NOTE,
    ),
    _ticket(
        "merge", "merge", ("load", "/central/{number}/juntar"),
        permission="ticket.merge", step=Action.MERGE,
    ),
    _ticket(
        "secrecy", "lock", ("load", "/central/{number}/sigilo"),
        permission="ticket.secret", step=Action.NOTE,
    ),
    _ticket("log", "log", ("url", "/central/{number}?aba=logs"), ("L",), group="look"),
    _ticket("copy", "copy", ("action", "copy-protocol"), ("P",), group="look"),
    _ticket("next-tab", "right", ("action", "next-tab"), ("F2",),
            pages=frozenset({TICKET}), group="look"),
    _ticket(
        "delete", "trash", ("load", "/central/{number}/excluir"), ("F4",), group="danger",
        permission="ticket.delete", step=Action.DELETE, danger=True,
    ),
    Command("new", "plus", "desk", ("url", "/central/novo"), ("F3",), permission="ticket.open"),
    Command("mine-pending", "pause", "desk", ("url", "/central?situacao=pendentes-do-operador"),
            ("F5",), permission="ticket.read", keys_on=frozenset({LIST})),
    Command("glass", "lock", "desk", ("url", "/central/abrir-sigiloso"),
            permission="ticket.break_glass"),
    Command("held", "shield", "desk", ("url", "/central/quarentena"), permission="quarantine"),
    Command("outbox", "mail", "desk", ("url", "/central/saida"), permission="outbox"),
    Command("list", "inbox", "desk", ("url", "/central"), permission="ticket.read"),
    Command("down", "down", "queue", ("action", "next"), ("J", "ArrowDown"),
            pages=frozenset({LIST, HELD})),
    Command("up", "up", "queue", ("action", "previous"), ("K", "ArrowUp"),
            pages=frozenset({LIST, HELD})),
    Command("select", "check", "queue", ("action", "select"), ("X",),
            pages=frozenset({LIST, HELD})),
    Command("select-range", "check2", "queue", ("action", "select-range"), ("Shift+X",),
            pages=frozenset({LIST})),
    Command("held-open-row", "mail", "held", ("action", "open"), ("Enter",),
            pages=frozenset({HELD})),
    Command("held-attach", "check", "held", ("form", "held-attach"), ("A",),
            pages=frozenset({HELD}), permission="quarantine"),
    Command("held-new", "plus", "held", ("focus", "held-provider"), ("N",),
            pages=frozenset({HELD}), permission="quarantine"),
    Command("held-retry", "undo", "held", ("form", "held-retry"), ("R",),
            pages=frozenset({HELD}), permission="quarantine"),
    Command("held-spam", "spam", "held", ("form", "held-spam"), ("S",),
            pages=frozenset({HELD}), permission="quarantine"),
    Command("arrivals", "flow", "desk", ("url", "/central/quarentena/entradas"),
            permission="quarantine"),
    Command("show-new", "up", "queue", ("action", "show-new"), (".",),
            pages=frozenset({LIST, HELD})),
    Command("export", "get", "queue", ("url", "/central/exportar.csv"),
            pages=frozenset({LIST}), permission="ticket.export", of_list=True),
    Command("row-menu", "dots", "queue", ("action", "menu"), ("M",), pages=TICKETS),
    Command("search", "search", "everywhere", ("focus", "busca"), ("/",)),
    Command("palette", "kbd", "everywhere", ("action", "palette"), ("Ctrl+K",)),
    Command("help", "info", "everywhere", ("action", "help"), ("?",)),
    Command("theme", "moon", "everywhere", ("action", "theme")),
    Command("leave", "exit", "everywhere", ("form", "sair"), ("F12",)),
)  # fmt: skip

#: the footer of each page: commands by id
HINTS: dict[str, tuple[str, ...]] = {
    LIST: ("help", "down", "open", "select", "new", "mine-pending", "give-up", "forward",
           "palette", "leave"),
    TICKET: ("next-tab", "pending", "give-up", "forward"),
    HELD: ("down", "held-attach", "held-new", "held-retry", "held-spam", "help"),
    OTHER: ("help", "new", "palette", "leave"),
}  # fmt: skip


def allowed(actor: Actor, page: str) -> list[Command]:
    return [
        c for c in COMMANDS if page in c.pages and (c.permission is None or actor.may(c.permission))
    ]


def possible(command: Command, row: Row | None, login: str) -> bool:
    """Whether the ticket's state admits the command; a list does not know which ticket."""
    if row is None or command.step is None:
        return True
    if row.deleted_at is not None or (Situation(row.situation), command.step) not in NEXT:
        return False
    match command.step:
        case Action.DELETE:
            return not row.started and row.in_progress_with is None
        case Action.CLAIM:
            return row.in_progress_login is None
        case Action.GIVE_UP:
            return row.in_progress_login == login
        case _:
            return True


def impossible(row: Row, login: str) -> str:
    """For a row of the list: the ids its state forbids, with blanks between."""
    return " ".join(c.id for c in COMMANDS if not possible(c, row, login))


def for_page(
    actor: Actor, page: str, login: str = "", row: Row | None = None, query: str = ""
) -> list[dict[str, Any]]:
    """`query` is the list the agent came from: what is done to a ticket leads back there."""
    return [_plain(c, page, possible(c, row, login), query) for c in allowed(actor, page)]


def hints(commands: Iterable[dict[str, Any]], page: str) -> list[tuple[str, str]]:
    known = {c["id"]: c for c in commands}
    return [
        (label(known[id]["keys"][0], "key"), label(id, "command_short"))
        for id in HINTS[page]
        if id in known
    ]


def _plain(
    command: Command,
    page: str,
    usable: bool,  # noqa: FBT001 - of one caller
    query: str,
) -> dict[str, Any]:
    how, what = command.does
    if query and (command.of_list or "{number}" in what):
        what = f"{what}{'&' if '?' in what else '?'}{query}"
    plain: dict[str, Any] = {
        "id": command.id,
        "label": label(command.id, "command"),
        "icon": command.icon,
        "group": label(command.group, "command_group"),
        "keys": list(command.keys_of(page)),
        "scope": command.scope,
        how: what,
    }
    if command.danger:
        plain["danger"] = True
    if not usable:
        plain["disabled"] = True
    return plain
