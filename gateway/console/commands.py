"""Every command of the console, once: buttons, row menu, palette, shortcuts and help read this.

What the browser gets is `for_page`: the commands of that page the agent may use. Words for people
are in the label filter under `command` and `command_group`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.console.kinds import (
    EVERYWHERE,
    HELD,
    LIST,
    OTHER,
    TICKET,
    TICKETS,
    Command,
)
from gateway.console.kinds import about_message as _message
from gateway.console.kinds import about_ticket as _ticket
from gateway.console.kinds import of_held as _held
from gateway.console.kinds import of_queue as _queue
from gateway.labels import label
from helpdesk.border import Actor
from helpdesk.rows import Row
from helpdesk.workflow import NEXT, Action, Situation

__all__ = ["COMMANDS", "EVERYWHERE", "HELD", "LIST", "OTHER", "TICKET", "TICKETS", "Command"]

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
        permission="ticket.forward", step=Action.FORWARD, many="/central/em-lote/encaminhar",
    ),
    _ticket(
        "pending", "pause", ("load", "/central/{number}/pendente"), ("F5",),
        permission="ticket.pending", step=Action.PENDING, keys_on=frozenset({TICKET}),
        many="/central/em-lote/pendente",
    ),
    _ticket(
        "classify", "edit", ("load", "/central/{number}/classificar"), ("C",),
        permission="ticket.classify", step=Action.CLASSIFY, many="/central/em-lote/classificar",
    ),
    _ticket(
        "close", "check", ("load", "/central/{number}/encerrar"), ("E",),
        permission="ticket.close", step=Action.CLOSE, many="/central/em-lote/encerrar",
    ),
    _ticket(
        "reopen", "undo", ("load", "/central/{number}/reabrir"),
        permission="ticket.reopen", step=Action.REOPEN,
    ),
    _ticket(
        "give-up", "undo", ("post", "/central/{number}/desistir"), ("F6",),
        permission="ticket.claim", step=Action.GIVE_UP, asks=True,
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
    _ticket(
        "survey", "form", ("load", "/central/{number}/pesquisa"), ("Q",),
        permission="ticket.survey", step=Action.SURVEY,
    ),
    _ticket("log", "log", ("url", "/central/{number}?aba=logs"), ("L",), group="look"),
    _ticket("copy", "copy", ("action", "copy-protocol"), ("P",), group="look"),
    _ticket("next-tab", "right", ("action", "next-tab"), ("F2",),
            pages=frozenset({TICKET}), group="look"),
    _ticket("message-down", "down", ("action", "message-next"), ("J",),
            pages=frozenset({TICKET}), group="look"),
    _ticket("message-up", "up", ("action", "message-previous"), ("K",),
            pages=frozenset({TICKET}), group="look"),
    _message("message-copy", "copy", ("action", "message-copy")),
    _message("message-quote", "inl", ("action", "message-quote"),
             permission="ticket.reply", step=Action.REPLY),
    _message("message-split", "flow", ("load", "/central/{number}/separar?message={message}"),
             permission="ticket.open"),
    _message("message-secrecy", "lock", ("load", "/central/{number}/mensagens/{message}/sigilo"),
             permission="ticket.secret"),
    _message("message-original", "mail", ("url", "/central/{number}/mensagens/{message}/original")),
    _message("message-looks", "eye", ("url", "/central/{number}?aba=logs&ver=consultas")),
    _ticket(
        "delete", "trash", ("load", "/central/{number}/excluir"), ("F4",), group="danger",
        permission="ticket.delete", step=Action.DELETE, danger=True,
    ),
    Command("new", "plus", "desk", ("url", "/central/novo"), ("F3",), permission="ticket.open",
            in_menu=True),
    Command("claim-next", "user", "desk", ("post", "/central/proximo"), ("Shift+A",),
            permission="ticket.claim", of_list=True, in_menu=True),
    Command("mine-pending", "pause", "desk", ("url", "/central?situacao=pendentes-do-operador"),
            ("F5",), permission="ticket.read", keys_on=frozenset({LIST}), in_menu=True),
    Command("mine-expired", "late", "desk", ("url", "/central?prazo=expirado&responsavel=eu"),
            ("Shift+E",), permission="ticket.read"),
    Command("glass", "lock", "desk", ("url", "/central/abrir-sigiloso"),
            permission="ticket.break_glass"),
    Command("held", "shield", "desk", ("url", "/central/quarentena"), permission="quarantine"),
    Command("panel", "chart", "desk", ("url", "/central/painel"), permission="panel"),
    Command("outbox", "mail", "desk", ("url", "/central/saida"), permission="outbox"),
    Command("texts", "bolt", "desk", ("url", "/central/textos"), permission="ticket.reply"),
    Command("list", "inbox", "desk", ("url", "/central"), permission="ticket.read"),
    Command("down", "down", "queue", ("action", "next"), ("J", "ArrowDown"),
            pages=frozenset({LIST, HELD})),
    Command("up", "up", "queue", ("action", "previous"), ("K", "ArrowUp"),
            pages=frozenset({LIST, HELD})),
    Command("select", "check", "queue", ("action", "select"), ("X",),
            pages=frozenset({LIST, HELD})),
    _queue("select-range", "check2", ("action", "select-range"), "Shift+X"),
    _queue("select-page", "check2", ("action", "select-page"), "*"),
    _queue("select-all", "check2", ("action", "select-all")),
    _queue("select-none", "x", ("action", "select-none")),
    Command("held-open-row", "mail", "held", ("action", "open"), ("Enter",),
            pages=frozenset({HELD})),
    _held("held-attach", "check", ("form", "held-attach"), "A"),
    _held("held-new", "plus", ("focus", "held-provider"), "N"),
    _held("held-retry", "undo", ("form", "held-retry"), "R"),
    _held("held-spam", "spam", ("form", "held-spam"), "S"),
    Command("arrivals", "flow", "desk", ("url", "/central/quarentena/entradas"),
            permission="quarantine"),
    Command("show-new", "up", "queue", ("action", "show-new"), (".",),
            pages=frozenset({LIST, HELD})),
    _queue("filters", "tune", ("load", "/central/filtros"), "F", of_list=True),
    _queue("columns", "cols", ("load", "/central/colunas"), of_list=True),
    _queue("save-view", "star", ("load", "/central/visoes/nova"), "V", of_list=True),
    _queue("views", "edit", ("load", "/central/visoes"), of_list=True),
    _queue("export", "get", ("download", "/central/exportar.csv"),
           permission="ticket.export", of_list=True),
    _queue("export-xlsx", "get", ("download", "/central/exportar.xlsx"),
           permission="ticket.export", of_list=True),
    Command("row-menu", "dots", "queue", ("action", "menu"), ("M",), pages=TICKETS),
    Command("search", "search", "everywhere", ("focus", "busca"), ("/",)),
    Command("palette", "kbd", "everywhere", ("action", "palette"), ("Ctrl+K",)),
    Command("help", "info", "everywhere", ("action", "help"), ("?",)),
    Command("theme", "moon", "everywhere", ("action", "theme")),
    Command("keys", "tune", "everywhere", ("url", "/central/atalhos")),
    Command("account", "user", "everywhere", ("url", "/central/conta")),
    Command("leave", "exit", "everywhere", ("form", "sair"), ("F12",), in_menu=True),
)  # fmt: skip

#: the footer of each page: commands by id
HINTS: dict[str, tuple[str, ...]] = {
    LIST: ("help", "down", "open", "select", "new", "claim-next", "mine-pending", "give-up",
           "forward", "palette", "leave"),
    TICKET: ("message-down", "next-tab", "pending", "give-up", "forward"),
    HELD: ("down", "held-attach", "held-new", "held-retry", "held-spam", "help"),
    OTHER: ("help", "new", "palette", "leave"),
}  # fmt: skip


def permission_of(id: str) -> str:
    """What a form of that name needs; separating a message opens a ticket."""
    found = (c.permission for c in COMMANDS if c.id == id)
    return next(found, None) or "ticket.open"


#: stay whatever the agent chose: lists are moved through by them everywhere
FIXED = frozenset({"ArrowDown", "ArrowUp", "Enter"})
#: two commands are one movement: their keys stand side by side
PAIRS = {"down": "up", "message-down": "message-up"}
DELIVERED: Mapping[str, str] = {}


def keys_of(command: Command, own: Mapping[str, str]) -> tuple[str, ...]:
    """`own`: what the agent chose, by command; "" is none (`helpdesk.agent_settings`)."""
    chosen = own.get(command.id)
    if chosen is None:
        return command.keys
    return (*([chosen] if chosen else []), *(key for key in command.keys if key in FIXED))


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
    actor: Actor,
    page: str,
    login: str = "",
    row: Row | None = None,
    query: str = "",
    own: Mapping[str, str] = DELIVERED,
) -> list[dict[str, Any]]:
    """`query` is the list the agent came from: what is done to a ticket leads back there. `own`:
    the agent's keys."""
    return [
        _plain(c, page, possible(c, row, login), query, keys_of(c, own))
        for c in allowed(actor, page)
    ]


def hints(commands: Iterable[dict[str, Any]], page: str) -> list[tuple[str, str]]:
    first = {c["id"]: label(c["keys"][0], "key") for c in commands if c["keys"]}
    return [
        (" ".join(first[each] for each in (id, PAIRS.get(id, "")) if each in first),
         label(id, "command_short"))
        for id in HINTS[page]
        if id in first
    ]  # fmt: skip


def _plain(
    command: Command,
    page: str,
    usable: bool,  # noqa: FBT001 - of one caller
    query: str,
    keys: tuple[str, ...],
) -> dict[str, Any]:
    how, what = command.does
    if query and (command.of_list or "{number}" in what):
        what = f"{what}{'&' if '?' in what else '?'}{query}"
    plain: dict[str, Any] = {
        "id": command.id,
        "label": label(command.id, "command"),
        "icon": command.icon,
        "group": label(command.group, "command_group"),
        "keys": list(keys) if page in command.keys_on else [],
        "scope": command.scope,
        how: what,
    }
    if command.many and page == LIST:
        plain["many"] = f"{command.many}?{query}" if query else command.many
    if command.danger:
        plain["danger"] = True
    if command.asks:
        plain["asks"] = True
    if command.in_menu and page in TICKETS:
        plain["menu"] = True
    if not usable:
        plain["disabled"] = True
    return plain
