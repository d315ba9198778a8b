"""The two forms of the portal as data: what was typed, what it becomes, what stands against it."""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from litestar.datastructures import FormMultiDict

from channels.web.visitors import Visitor
from helpdesk import text
from helpdesk.border import Address, Channel, Contact, File, Inbound
from helpdesk.errors import FieldError

#: in the seed's order
OPENING = ("title", "classification", "subclassification", "name", "phone", "email", "text")
COMPLEMENT = ("text",)
TOKEN = "form"  # noqa: S105 - a field's name
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
#: digits of a Brazilian number without its area code
WITHOUT_AREA = frozenset({8, 9})
ATTACHMENTS = "attachments"


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong field: the id of its input, and the words of its sentence."""

    id: str
    field: str
    code: str
    data: dict[str, object]


def typed(form: FormMultiDict, names: Sequence[str]) -> dict[str, str]:
    """The fields in the one form of text the database takes; a missing one is empty."""
    return {name: text.normalise(_plain(form, name)) for name in names}


def token_of(form: FormMultiDict) -> str:
    """Names this filling of the form: sent twice it is one message."""
    given = _plain(form, TOKEN)
    return given if _TOKEN.fullmatch(given) else new_token()


def new_token() -> str:
    return secrets.token_urlsafe(16)


def arrival(visitor: Visitor, token: str) -> str:
    """One filling of one person's form; also the beginning of its content key."""
    return f"form:{visitor.id}:{token}"


def opening(
    fields: Mapping[str, str], files: Sequence[File], visitor: Visitor, token: str, now: datetime
) -> Inbound:
    said = _said(fields, files, visitor, token, now)
    return replace(
        said,
        title=fields["title"],
        provider_id=visitor.provider_id,
        classification=fields["classification"] or None,
        subclassification=fields["subclassification"] or None,
        contact=Contact(fields["name"].strip(), fields["phone"].strip(), fields["email"].strip()),
    )


def complement(
    fields: Mapping[str, str],
    files: Sequence[File],
    visitor: Visitor,
    number: int,
    token: str,
    now: datetime,
) -> Inbound:
    return replace(_said(fields, files, visitor, token, now), number=number)


def problems_of(errors: Sequence[FieldError], fields: Mapping[str, str]) -> list[Problem]:
    """In the order of the page."""
    found = [_problem(error, fields) for error in errors]
    places = {field: place for place, field in enumerate((*OPENING, ATTACHMENTS))}
    return sorted(found, key=lambda problem: places.get(problem.field, len(places)))


def _said(
    fields: Mapping[str, str], files: Sequence[File], visitor: Visitor, token: str, now: datetime
) -> Inbound:
    """A form sent again with other words (from the browser's history) is another message: its
    content key holds what it says beside its token."""
    parts = [*(fields[name] for name in sorted(fields)), *(file.sha256 for file in files)]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    return Inbound(
        channel=Channel.WEB,
        sender=Address(Channel.WEB, f"person:{visitor.id}", visitor.actor.name),
        text=fields["text"],
        arrival=arrival(visitor, token),
        at=now,
        content=f"{arrival(visitor, token)}:{digest}",
        person_id=visitor.id,
        files=tuple(files),
    )


def _problem(error: FieldError, fields: Mapping[str, str]) -> Problem:
    field = error.field.removeprefix("contact.")
    code = error.code
    if field == "phone" and code == "invalid":
        digits = sum(character.isdigit() for character in fields["phone"])
        code = "no_area" if digits in WITHOUT_AREA else code
    return Problem(_input(field), field.partition(".")[0], code, dict(error.data))


def _input(field: str) -> str:
    """The id of its input; files have one picker, and one an asked item (`attachments.<id>`)."""
    name, _, item = field.partition(".")
    if name != ATTACHMENTS:
        return field
    return f"item-{item}" if item else "anexos"


def _plain(form: FormMultiDict, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
