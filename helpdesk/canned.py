"""Texts that are written once (textos prontos), with places for what differs.

A body names variables in braces, `{protocol}`; the screens show them by their Portuguese names and
translate when a text is saved.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import audit, sharing, text, words
from helpdesk.border import Actor
from helpdesk.desk import MOST_TEXT, Desk
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import CannedText

#: what a text may name; each is filled from the open ticket
VARIABLES = (
    "provider",
    "contact",
    "protocol",
    "number",
    "title",
    "due",
    "classification",
    "agent",
    "sector",
    "insurer",
)
_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class Canned:
    id: int
    shortcut: str
    title: str
    body: str
    scope: str
    mine: bool


def find(session: Session, actor: Actor, said: str = "") -> list[Canned]:
    """Active ones the agent has, those whose shortcut begins with what was typed first, then those
    whose title holds its words; the agent's own before the shared."""
    rows = session.scalars(
        select(CannedText)
        .where(CannedText.active, sharing.seen_by(CannedText, actor))
        .order_by(CannedText.shortcut, CannedText.id)
    ).all()
    wanted = text.normalise(said).strip().casefold()
    sought = set(words.tokens(wanted))
    ranked = sorted(
        (rank, row.agent_id != actor.id, row.shortcut, row.id, row)
        for row in rows
        if (rank := _rank(row, wanted, sought)) is not None
    )
    return [_view(row, actor) for *_, row in ranked[:MOST_FOUND]]


def save(
    session: Session,
    desk: Desk,
    *,
    shortcut: str,
    title: str,
    body: str,
    scope: str,
    canned_id: int | None = None,
) -> int:
    """Write or change one; returns its id. Raises `Invalid` with every wrong field, `Forbidden`,
    `NotVisible`."""
    key = text.normalise(shortcut).strip().casefold().removeprefix("::")
    called = " ".join(text.normalise(title).split())
    said = text.normalise(body).strip()
    errors = [
        *([] if _SHORTCUT.fullmatch(key) else [FieldError("shortcut", "invalid")]),
        *([] if called else [FieldError("title", "required")]),
        *body_errors(said),
    ]
    if errors:
        raise Invalid(*errors)
    sector_id = sharing.sector_of(desk, CannedText, scope)
    if canned_id is None:
        row = CannedText(agent_id=desk.actor.id, active=True)
        session.add(row)
    else:
        found = session.get(CannedText, canned_id)
        sharing.own(desk, found, "canned_text", canned_id)
        assert found is not None
        row = found
    row.shortcut, row.title, row.body = key, called[:200], said
    row.scope, row.sector_id, row.changed_at = scope, sector_id, desk.now
    session.flush()  # its id is the answer
    audit.record(session, desk.actor, "canned_saved", now=desk.now, note=key)
    return row.id


def retire(session: Session, desk: Desk, canned_id: int) -> None:
    """Raises `NotVisible`."""
    row = session.get(CannedText, canned_id)
    sharing.own(desk, row, "canned_text", canned_id)
    assert row is not None
    row.active, row.changed_at = False, desk.now
    audit.record(session, desk.actor, "canned_retired", now=desk.now, note=row.shortcut)


def fill(body: str, values: Mapping[str, str]) -> str:
    """Put the values in; a variable without one leaves a blank to fill in by hand, `___`."""
    return _VARIABLE.sub(lambda found: values.get(found[1]) or "___", body)


def spelled(said: str) -> str | None:
    """As it is kept: small letters, without the `::` it is typed with; None when it is none."""
    key = text.normalise(said).strip().casefold().removeprefix("::")
    return key if _SHORTCUT.fullmatch(key) else None


def body_errors(body: str) -> list[FieldError]:
    if not body:
        return [FieldError("body", "required")]
    if len(body) > MOST_TEXT:
        return [FieldError("body", "too_long", (("limit", MOST_TEXT), ("length", len(body))))]
    if unknown := [name for name in _VARIABLE.findall(body) if name not in VARIABLES]:
        return [FieldError("body", "unknown", (("name", unknown[0]),))]
    return []


def _rank(row: CannedText, wanted: str, sought: set[str]) -> int | None:
    if not wanted or row.shortcut.startswith(wanted):
        return 0
    return 1 if sought and sought <= set(words.tokens(row.title)) else None


def _view(row: CannedText, actor: Actor) -> Canned:
    return Canned(row.id, row.shortcut, row.title, row.body, row.scope, row.agent_id == actor.id)
