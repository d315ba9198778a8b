"""Which keys run which commands for one agent: the delivered ones, changed as the agent likes."""

import re
from collections.abc import Mapping, Sequence

from gateway.console.commands import COMMANDS, Command, keys_of
from helpdesk.border import Actor
from helpdesk.errors import FieldError, Invalid

#: what a key may be: a letter, figure or sign, F1 to F12, Insert or Delete, perhaps with others
SPELLED = re.compile(
    r"(?P<ctrl>ctrl\+)?(?P<alt>alt\+)?(?P<shift>shift\+)?(?P<key>f(?:1[0-2]|[1-9])|insert|delete|\S)",
    re.IGNORECASE,
)
#: the field that is written into needs these, or the page itself does
NEEDED = frozenset(
    {
        *("Ctrl+A", "Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+Y", "Ctrl+Z", "Delete", "Insert"),
        *("Alt+1", "Alt+2", "Alt+3", "Alt+4", "Shift+F10"),
    }
)
#: no page ever sees these
KEPT = frozenset(
    {
        *("Ctrl+T", "Ctrl+N", "Ctrl+W", "Ctrl+Shift+T", "Ctrl+Shift+N", "Ctrl+Shift+W"),
        *("Alt+F4", "Ctrl+F4"),
    }
)
#: the browser does something with these, unless the page takes them
USED = frozenset(
    {
        *("F1", "F3", "F5", "F6", "F7", "F10", "F11", "F12", "Alt+D", "Alt+E", "Alt+F"),
        *(f"Ctrl+{letter}" for letter in "DEFGHJKLOPRSU"),
    }
)


def spelling(text: str) -> str:
    """`alt+t` as the script spells it, `Alt+T`. Raises `Invalid` for what is no key of a command:
    Shift stands beside letters and F keys only, other signs hold it already."""
    found = SPELLED.fullmatch(text.strip())
    if found is None:
        raise Invalid(FieldError("key", "invalid"))
    key = found["key"]
    key = key.capitalize() if len(key) > 1 else key.upper()
    if found["shift"] and len(key) == 1 and not key.isalpha():
        raise Invalid(FieldError("key", "invalid"))
    held = [name for name in ("Ctrl", "Alt", "Shift") if found[name.lower()]]
    spelled = "+".join([*held, key])
    if spelled in NEEDED:
        raise Invalid(FieldError("key", "needed"))
    return spelled


def change(
    actor: Actor, own: Mapping[str, str], command: Command, key: str | None
) -> dict[str, str]:
    """The agent's own keys after one change: "" switches off, None is as delivered.

    Raises `Invalid` with the id of the command that already has the key on a common page.
    """
    changed = {id: other for id, other in own.items() if id != command.id}
    if key is not None:
        changed[command.id] = key
    for wanted in keys_of(command, changed):
        taken = holder(actor, changed, command, wanted)
        if taken is not None:
            raise Invalid(FieldError("key", "taken", (("key", wanted), ("command", taken.id))))
    return changed


def holder(actor: Actor, own: Mapping[str, str], command: Command, key: str) -> Command | None:
    """Who else runs by the key where the command does."""
    return next(
        (
            other
            for other in usable(actor)
            if other.id != command.id
            and key in keys_of(other, own)
            and other.pages & other.keys_on & command.pages & command.keys_on
        ),
        None,
    )


def without_letters(actor: Actor, own: Mapping[str, str]) -> dict[str, str]:
    """Every key of one sign switched off: for who dictates, or whose hand falls on keys."""
    single = {c.id: "" for c in usable(actor) if any(len(key) == 1 for key in keys_of(c, own))}
    return {**own, **single}


def warning(key: str) -> str:
    """`kept`, `used` or "": what the browser does with the key."""
    return "kept" if key in KEPT else "used" if key in USED else ""


def usable(actor: Actor) -> Sequence[Command]:
    return [c for c in COMMANDS if c.permission is None or actor.may(c.permission)]
