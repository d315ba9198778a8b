"""Files on their way with a form: checked, stored, and kept over every time it comes back.

A browser cannot be handed its files again. So each file that was taken travels in the form as a
signed name for bytes we already hold, until the form is accepted.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from litestar.datastructures import FormMultiDict, UploadFile

from channels import Kit
from helpdesk import attachments, inbound
from helpdesk.attachments import TYPES, Candidate
from helpdesk.border import File
from helpdesk.errors import FieldError
from helpdesk.tokens import Keyring

FIELD, KEPT, REMOVE = "attachments", "kept_file", "remove"
PURPOSE = "form-upload"
#: shorter than the day after which unreferenced bytes are collected
LIFE = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Uploads:
    """What may be attached, and what stands against the rest (field `attachments`)."""

    files: tuple[File, ...] = ()
    problems: tuple[FieldError, ...] = ()


async def take(form: FormMultiDict, kit: Kit, person_id: int) -> Uploads:
    """The files kept from before and the new ones; a refused one is dropped, with its reason."""
    removed = str(form.get(REMOVE, ""))
    files, problems = _kept(form, kit, person_id, removed)
    for upload in new_files(form):
        data = await upload.read(kit.limits.size + 1)
        name = attachments.safe_name(upload.filename)
        kind = attachments.sniff(data, name, upload.content_type)
        wrong = attachments.check([Candidate(name, len(data), kind)], kit.limits)
        if wrong:
            problems += wrong
            continue
        sha256 = await asyncio.to_thread(kit.blobs.put, data)
        files.append(File(name, kind, len(data), sha256))
    together = [Candidate(f.filename, f.size, f.content_type) for f in files]
    problems += attachments.check(together, kit.limits)
    return Uploads(tuple(files), tuple(problems))


def new_files(form: FormMultiDict) -> list[UploadFile]:
    """A file input left empty sends a part without a name."""
    given: Sequence[object] = form.getall(FIELD, [])
    return [item for item in given if isinstance(item, UploadFile) and item.filename]


async def hold(taken: Uploads, kit: Kit) -> None:
    """The form goes back to its writer: its bytes stay for a day without a message."""
    blobs = [(file.sha256, file.size) for file in taken.files]
    if blobs:
        await kit.work.write(inbound.touch_blobs, blobs, now=kit.clock())


def sealed(files: Sequence[File], person_id: int, kit: Kit) -> list[tuple[str, File]]:
    """Each file with the signed name that travels in the form."""
    return [(seal(file, person_id, kit.keyring, kit.clock()), file) for file in files]


def picker(files: Sequence[File], kit: Kit) -> dict[str, object]:
    """What the file picker still takes."""
    left = max(kit.limits.count - len(files), 0)
    types = [f".{extension}" for extension in TYPES]
    return {"count": left, "most": kit.limits.count, "bytes": kit.limits.size, "types": types}


def seal(file: File, person_id: int, keyring: Keyring, now: datetime) -> str:
    subject = json.dumps({"person": person_id, **asdict(file)})
    return keyring.link_token(PURPOSE, subject, now + LIFE)


def unseal(token: str, person_id: int, keyring: Keyring, now: datetime) -> File | None:
    """None for a token that is forged, somebody else's or too old."""
    subject = keyring.read_link_token(PURPOSE, token, now)
    if subject is None:
        return None
    values = json.loads(subject)
    return File(**values) if values.pop("person") == person_id else None


def _kept(
    form: FormMultiDict, kit: Kit, person_id: int, removed: str
) -> tuple[list[File], list[FieldError]]:
    now = kit.clock()
    tokens = [str(token) for token in form.getall(KEPT, []) if str(token) != removed]
    found = [unseal(token, person_id, kit.keyring, now) for token in tokens]
    lost = [FieldError(FIELD, "unknown") for file in found if file is None]
    return [file for file in found if file is not None], lost[:1]
