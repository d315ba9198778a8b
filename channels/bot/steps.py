"""The pieces every part of the conversation is made of."""

from dataclasses import dataclass, replace

from channels.bot.events import Button, FileRejected, FileSent, Say, Text, Want
from channels.bot.states import MOST_FILES, MOST_TEXT, Gathered, State
from helpdesk.text import normalise

#: buttons a keyboard shows before it pages
PAGE = 8
#: a greeting or a slip is shorter; what is longer somebody would not want to write again
WORTH_KEEPING = 20


@dataclass(frozen=True, slots=True)
class Step:
    """What one event led to. The says come before whatever the answer to a want will say."""

    state: State
    says: tuple[Say, ...] = ()
    wants: tuple[Want, ...] = ()

    def after(self, *says: Say) -> "Step":
        return replace(self, says=(*says, *self.says))


def say(state: State, template: str, **data: object) -> Step:
    return Step(state, (Say(template, data),))


def want(state: State, *wants: Want) -> Step:
    return Step(state, wants=wants)


def ask(state: State, template: str, *buttons: Button, **data: object) -> Step:
    """Say something with a keyboard. From here on only its buttons and the lasting ones count."""
    asking = replace(state, turn=state.turn + 1)
    return Step(asking, (Say(template, data, tuple(_turned(b, asking.turn) for b in buttons)),))


def local(label: str, verb: str, **args: object) -> Button:
    """A button that is only worth something until the next keyboard."""
    return Button(label, f".{verb}", args)


def lasting(label: str, verb: str, **args: object) -> Button:
    """A button that may be pressed any time later."""
    return Button(label, verb, args)


def _turned(button: Button, turn: int) -> Button:
    return replace(button, data=f"{turn}{button.data}") if button.data[0] == "." else button


def add(gathered: Gathered, event: Text | FileSent | FileRejected) -> tuple[Gathered, Say]:
    """Put what came beside what was there, or say what did not fit and why."""
    if isinstance(event, Text):
        return _add_text(gathered, event.text)
    refusals: list[Say] = []
    if isinstance(event, FileRejected):
        refusals.append(rejected(event))
    elif len(gathered.files) >= MOST_FILES:
        data: dict[str, object] = {"filename": event.file.filename, "limit": MOST_FILES}
        refusals.append(Say("too_many_files", data))
    else:
        gathered = replace(gathered, files=(*gathered.files, event.file))
    if event.caption.strip():
        before = gathered
        gathered, said = _add_text(gathered, event.caption)
        if gathered is before:
            refusals.append(said)
    return gathered, refusals[0] if refusals else so_far(gathered)


def _add_text(gathered: Gathered, text: str) -> tuple[Gathered, Say]:
    """A new piece counts with the line break before it."""
    piece = normalise(text).strip()
    if not piece:
        return gathered, Say("nothing_written")
    grown = replace(gathered, texts=(*gathered.texts, piece))
    over = len(grown.text) - MOST_TEXT
    if over > 0:
        data: dict[str, object] = {
            "over": over,
            "limit": MOST_TEXT,
            "kept": len(gathered.text),
            "room": max(0, MOST_TEXT - len(gathered.text) - bool(gathered.texts)),
        }
        return gathered, Say("too_long", data)
    return grown, so_far(grown)


def so_far(gathered: Gathered) -> Say:
    return Say("so_far", counted(gathered))


def counted(gathered: Gathered) -> dict[str, object]:
    return {
        "length": len(gathered.text),
        "limit": MOST_TEXT,
        "files": [file.filename for file in gathered.files],
    }


def rejected(event: FileRejected) -> Say:
    return Say(
        "file_rejected",
        {"filename": event.filename, "code": event.code, "limit": event.limit},
    )
