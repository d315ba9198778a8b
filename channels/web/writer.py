"""Whose a form is. Two people of a clinic may share a browser: what one was writing must neither
leave nor be kept under the other's name, whoever is logged in by the time it is sent."""

from datetime import timedelta

from litestar.datastructures import FormMultiDict

from channels.kit import Kit

FIELD = "writer"
PURPOSE = "form-writer"
#: longer than anybody leaves a page open to go on with it
LIFE = timedelta(days=7)


def mark(person_id: int, kit: Kit) -> str:
    """Travels in the form."""
    return kit.keyring.link_token(PURPOSE, str(person_id), kit.clock() + LIFE)


def named_in(given: str, kit: Kit) -> int | None:
    """The person a mark was made for; None for one that is forged or too old."""
    person_id = kit.keyring.read_link_token(PURPOSE, given, kit.clock())
    return int(person_id) if person_id else None


def of(form: FormMultiDict) -> str:
    given = form.get(FIELD, "")
    return given if isinstance(given, str) else ""


def is_theirs(given: str, person_id: int, kit: Kit) -> bool:
    """A form without a mark says nothing against anybody."""
    return not given or named_in(given, kit) == person_id
