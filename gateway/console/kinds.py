"""What a command of the console is, and the kinds there are; the registry itself is `commands`."""

from dataclasses import dataclass
from typing import Any

from helpdesk.workflow import Action

#: pages a command may stand on
LIST, TICKET, HELD, OTHER = "list", "ticket", "held", "other"
EVERYWHERE = frozenset({LIST, TICKET, HELD, OTHER})
TICKETS = frozenset({LIST, TICKET})


@dataclass(frozen=True, slots=True)
class Command:
    """`does` is how the script carries it out: url, load, post, download or action, with its value;
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
    #: its address also shows a form: asked first when something unsent would be lost
    asks: bool = False
    #: acts on the whole list, as it is filtered
    of_list: bool = False
    #: where several tickets of a list go at once (`gateway/console/choosing`)
    many: str = ""
    #: where its keys are its own: one key may mean another thing on another page
    keys_on: frozenset[str] = EVERYWHERE
    #: in the menu of a row although it is about no ticket: the seed's *Recursos desta tela*
    in_menu: bool = False


def about_ticket(
    id: str, icon: str, does: tuple[str, str], keys: tuple[str, ...] = (), **more: Any
) -> Command:
    given: dict[str, Any] = {"pages": TICKETS, "scope": "ticket", "group": "ticket"} | more
    return Command(id, icon, does=does, keys=keys, **given)


def of_queue(id: str, icon: str, does: tuple[str, str], *keys: str, **more: Any) -> Command:
    return Command(id, icon, "queue", does, keys, pages=frozenset({LIST}), **more)


def of_held(id: str, icon: str, does: tuple[str, str], key: str) -> Command:
    return Command(id, icon, "held", does, (key,), frozenset({HELD}), "quarantine")


def about_message(id: str, icon: str, does: tuple[str, str], **more: Any) -> Command:
    given: dict[str, Any] = {"pages": frozenset({TICKET}), "scope": "message", "group": "message"}
    return Command(id, icon, does=does, **(given | more))
