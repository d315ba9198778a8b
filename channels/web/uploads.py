"""Files on their way with a form: checked, stored, and kept over every time it comes back.

A browser cannot be handed its files again. So each file that was taken travels in the form as a
signed name for bytes we already hold, until the form is accepted.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from litestar.datastructures import FormMultiDict, UploadFile

from channels.kit import Kit
from helpdesk import attachments, inbound
from helpdesk.attachments import TYPES, Candidate
from helpdesk.border import File
from helpdesk.errors import FieldError
from helpdesk.tokens import Keyring

FIELD, KEPT, REMOVE = "attachments", "kept_file", "remove"
#: the picker of one asked item
SLOT = "item-"
SLOT_FIELD = re.compile(rf"{SLOT}([0-9]{{1,18}})", re.ASCII)
PURPOSE = "form-upload"
#: shorter than the day after which unreferenced bytes are collected
LIFE = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Taken:
    """`item`: the id of the asked item it was chosen for, None for none."""

    file: File
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Uploads:
    """What may be attached, and what stands against the rest (field `attachments`, that of an
    asked item `attachments.<id>`)."""

    taken: tuple[Taken, ...] = ()
    problems: tuple[FieldError, ...] = ()

    @property
    def files(self) -> tuple[File, ...]:
        return tuple(each.file for each in self.taken)

    def of(self, item: int) -> list[Taken]:
        return [each for each in self.taken if each.item == item]


async def take(form: FormMultiDict, kit: Kit, person_id: int) -> Uploads:
    """The files kept from before and the new ones; a refused one is dropped, with its reason."""
    removed = str(form.get(REMOVE, ""))
    taken, problems = _kept(form, kit, person_id, removed)
    for item, upload in _new(form):
        data = await upload.read(kit.limits.size + 1)
        found = await examine(kit, upload.filename, upload.content_type, data)
        if isinstance(found, FieldError):
            problems.append(FieldError(_field(item), found.code, found.data))
        else:
            taken.append(Taken(found, item))
    files = [each.file for each in taken]
    together = [Candidate(f.filename, f.size, f.content_type) for f in files]
    problems += attachments.check(together, kit.limits)
    return Uploads(tuple(taken), tuple(problems))


async def examine(kit: Kit, filename: str, declared: str, data: bytes) -> File | FieldError:
    """What the bytes are, durable, or why they are not taken. Raises `Deferred` while nobody can
    look for malware."""
    name = attachments.safe_name(filename)
    kind = attachments.sniff(data, name, declared)
    wrong = attachments.check([Candidate(name, len(data), kind)], kit.limits)
    if wrong:
        return wrong[0]
    if await asyncio.to_thread(kit.scan, data):
        return FieldError(FIELD, "infected", (("file", name),))
    return File(name, kind, len(data), await asyncio.to_thread(kit.blobs.put, data))


def new_names(form: FormMultiDict) -> list[str]:
    """Of the files that come with the form for the first time."""
    return [upload.filename for _, upload in _new(form)]


async def hold(taken: Uploads, kit: Kit) -> None:
    """The form goes back to its writer: its bytes stay for a day without a message."""
    blobs = [(file.sha256, file.size) for file in taken.files]
    if blobs:
        await kit.work.write(inbound.touch_blobs, blobs, now=kit.clock())


def sealed(taken: Sequence[Taken], person_id: int, kit: Kit) -> list[tuple[str, File]]:
    """Each file with the signed name that travels in the form."""
    return [(seal(each, person_id, kit.keyring, kit.clock()), each.file) for each in taken]


def picker(files: Sequence[File], kit: Kit) -> dict[str, object]:
    """What the file picker still takes."""
    left = max(kit.limits.count - len(files), 0)
    types = [f".{extension}" for extension in TYPES]
    return {"count": left, "most": kit.limits.count, "bytes": kit.limits.size, "types": types}


def seal(taken: Taken, person_id: int, keyring: Keyring, now: datetime) -> str:
    subject = json.dumps({"person": person_id, "item": taken.item, **asdict(taken.file)})
    return keyring.link_token(PURPOSE, subject, now + LIFE)


def unseal(token: str, person_id: int, keyring: Keyring, now: datetime) -> Taken | None:
    """None for a token that is forged, somebody else's or too old."""
    subject = keyring.read_link_token(PURPOSE, token, now)
    if subject is None:
        return None
    values = json.loads(subject)
    owner, item = values.pop("person"), values.pop("item", None)
    return Taken(File(**values), item) if owner == person_id else None


def _new(form: FormMultiDict) -> list[tuple[int | None, UploadFile]]:
    """A file input left empty sends a part without a name."""
    slots = {name: int(slot[1]) for name in form if (slot := SLOT_FIELD.fullmatch(name))}
    given: list[tuple[int | None, object]] = [(None, part) for part in form.getall(FIELD, [])]
    given += [(item, part) for name, item in slots.items() for part in form.getall(name, [])]
    return [(item, part) for item, part in given if isinstance(part, UploadFile) and part.filename]


def _field(item: int | None) -> str:
    return FIELD if item is None else f"{FIELD}.{item}"


def _kept(
    form: FormMultiDict, kit: Kit, person_id: int, removed: str
) -> tuple[list[Taken], list[FieldError]]:
    now = kit.clock()
    tokens = [str(token) for token in form.getall(KEPT, []) if str(token) != removed]
    found = [unseal(token, person_id, kit.keyring, now) for token in tokens]
    lost = [FieldError(FIELD, "unknown") for taken in found if taken is None]
    return [taken for taken in found if taken is not None], lost[:1]
