"""What the operadora asked for, item by item: places of the form for an addition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from litestar.datastructures import FormMultiDict

from channels.kit import Kit
from channels.web import uploads
from channels.web.conversation import Conversation
from channels.web.uploads import FIELD, SLOT, SLOT_FIELD, Taken, Uploads
from helpdesk import text
from helpdesk.border import File
from helpdesk.errors import FieldError
from helpdesk.intake.checking import MOST_TEXT
from helpdesk.views import AskedView

#: ticked for an item that came by another way, or that the text answers
THERE = "there"


@dataclass(frozen=True, slots=True)
class Slot:
    """An item that is still missing; `files` have their signed names."""

    id: int
    label: str
    files: list[tuple[str, File]]
    there: bool


@dataclass(frozen=True, slots=True)
class Brought:
    """What a form brings for one item; without files its writer says that it is there."""

    id: int
    label: str
    files: tuple[File, ...]


def missing(found: Conversation) -> list[AskedView]:
    """A closed contact asks for nothing any more."""
    if found.thread.row.situation == "closed":
        return []
    return [item for item in found.thread.asked if item.answered_at is None]


def offered(
    found: Conversation, fields: Mapping[str, str], taken: Uploads, person_id: int, kit: Kit
) -> list[Slot]:
    ticked = _ticked(fields)
    return [
        Slot(
            item.id,
            item.label,
            uploads.sealed(taken.of(item.id), person_id, kit),
            str(item.id) in ticked,
        )
        for item in missing(found)
    ]


def rest(found: Conversation, taken: Uploads) -> list[Taken]:
    """Files for no item that is still missing: they stand with the other attachments."""
    shown = {item.id for item in missing(found)}
    return [each for each in taken.taken if each.item not in shown]


def placed(found: Conversation, problems: Sequence[FieldError]) -> list[FieldError]:
    """Each problem of a file beside a picker that stands on the page."""
    shown = {FIELD, *(f"{FIELD}.{item.id}" for item in missing(found))}
    return [
        error if error.field in shown else FieldError(FIELD, error.code, error.data)
        for error in problems
    ]


def noted(form: FormMultiDict, taken: Uploads) -> dict[str, str]:
    """What is for which item, as fields beside the files of a draft."""
    given = [str(value) for value in form.getall(THERE, [])]
    ticked = [item for item in given if SLOT_FIELD.fullmatch(f"{SLOT}{item}")]
    return placed_in(taken) | ({THERE: " ".join(ticked)} if ticked else {})


def placed_in(taken: Uploads) -> dict[str, str]:
    """By item, which of the files are for it. By their place in the row, because the same bytes may
    be meant for two items."""
    places: dict[int, list[str]] = {}
    for at, each in enumerate(taken.taken):
        if each.item is not None:
            places.setdefault(each.item, []).append(str(at))
    return {f"{SLOT}{item}": " ".join(numbers) for item, numbers in places.items()}


def is_own(field: str) -> bool:
    return field == THERE or SLOT_FIELD.fullmatch(field) is not None


def recalled(fields: Mapping[str, str], files: Sequence[File]) -> Uploads:
    """The files of a draft where they were."""
    items = {
        at: int(slot[1])
        for name, value in fields.items()
        if (slot := SLOT_FIELD.fullmatch(name))
        for at in value.split()
    }
    return Uploads(tuple(Taken(file, items.get(str(at))) for at, file in enumerate(files)))


def brought(found: Conversation, fields: Mapping[str, str], taken: Uploads) -> list[Brought]:
    """Items of this contact only, also such as came meanwhile: the same form sent twice says the
    same twice."""
    ticked = _ticked(fields)
    return [
        Brought(item.id, item.label, tuple(each.file for each in taken.of(item.id)))
        for item in found.thread.asked
        if taken.of(item.id) or str(item.id) in ticked
    ]


def worded(kit: Kit, typed: str, brings: Sequence[Brought]) -> str:
    """What is said: the typed text and the list of what comes, as far as a message goes."""
    if not brings:
        return typed
    named = kit.render("web/brought.txt", {"items": brings, "names": True})
    if typed.strip():
        whole = f"{typed.rstrip()}\n\n{named}"
        return whole if text.length(whole) <= MOST_TEXT else typed
    if text.length(named) <= MOST_TEXT:
        return named
    short = kit.render("web/brought.txt", {"items": brings, "names": False})
    return short if text.length(short) <= MOST_TEXT else f"{short[: MOST_TEXT - 1]}…"


def _ticked(fields: Mapping[str, str]) -> set[str]:
    return set(fields.get(THERE, "").split())
