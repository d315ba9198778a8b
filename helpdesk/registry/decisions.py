"""Parameters as a form: each described like a register's field, changed together, logged each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, audit, parameters, protocol
from helpdesk.audit import Change, Entry
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, FieldError, Invalid
from helpdesk.models import Log, LogPrivate, Parameter, Provider, ProviderType
from helpdesk.parameters import AUDIENCES
from helpdesk.registry import reading
from helpdesk.registry.shape import Field, Texts, Values

READS, WRITES = access.reads("parameter"), access.writes("parameter")
LONGEST_LABEL = 40
MOST_LISTED = 20_000
SHOWN = 30

#: the groups of the page (labels of the kind `parameter_group`), and the fields of each
GROUPS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    (
        "contact",
        (
            Field(name="contact_enabled", kind="flag"),
            Field(name="contact_label", limit=LONGEST_LABEL),
            Field(name="contact_audience", kind="choice", choices=AUDIENCES, label="audience_of"),
            Field(name="contact_types", kind="many", required=False),
            Field(name="contact_providers", kind="long", required=False, limit=MOST_LISTED),
        ),
    ),
    ("crm", (Field(name="use_crm", kind="flag"),)),
    (
        "protocol",
        (
            Field(name="generate_protocol", kind="flag"),
            Field(name="protocol_template", required=False, limit=100),
        ),
    ),
    (
        "closing",
        (
            Field(name="closing_reason", kind="flag"),
            Field(name="closing_conclusive", kind="flag"),
            Field(name="reopen_days", kind="number", least=0, most=365),
        ),
    ),
    (
        "limits",
        (
            Field(name="claim_minutes", kind="number", least=1, most=480),
            Field(name="attachment_count", kind="number", least=0, most=50),
        ),
    ),
)
FIELDS: tuple[Field, ...] = tuple(each for _, fields in GROUPS for each in fields)
#: kept as lists, typed one a line or parted by blanks and commas
LISTED = frozenset({"contact_providers"})


@dataclass(frozen=True, slots=True)
class Said:
    """Who last changed a parameter; `by` is "" while it is as installed."""

    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class State:
    """`types`: what `contact_types` may name, as (id, name)."""

    texts: dict[str, str]
    said: dict[str, Said]
    version: str
    types: list[tuple[str, str]]


def state(session: Session, desk: Desk) -> State:
    """Raises `Forbidden`."""
    access.require(desk.actor, READS)
    texts = _texts(session)
    rows = session.execute(select(Parameter.key, Parameter.changed_by, Parameter.changed_at))
    said = {key: Said(by, at) for key, by, at in rows}
    types = session.execute(select(ProviderType.id, ProviderType.name).order_by(ProviderType.name))
    return State(
        texts,
        {each.name: said.get(each.name, Said()) for each in FIELDS},
        version_of(texts),
        [(str(key), name) for key, name in types],
    )


def change(session: Session, desk: Desk, texts: Texts, version: str) -> int:
    """How many changed. Raises `Forbidden`, `Invalid` with every wrong field, and `Conflict`
    (`changed`) when somebody changed one meanwhile."""
    access.require(desk.actor, WRITES)
    old = _texts(session)
    if version_of(old) != version:
        raise Conflict("changed")
    values = _values(session, texts)
    entries: list[Entry] = []
    for each in FIELDS:
        new = _written(each, values[each.name])
        if new == old[each.name]:
            continue
        parameters.write(session, desk.actor, each.name, values[each.name], now=desk.now)
        entry = Change(each.name, old[each.name] or None, new or None)
        entries.append(Entry(None, desk.actor, "parameter_changed", (entry,)))
    audit.write(session, entries, now=desk.now)
    return len(entries)


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    actor: str
    field: str
    before: str
    after: str


def history(session: Session, desk: Desk) -> list[Line]:
    """The last changes, newest first. Raises `Forbidden`."""
    access.require(desk.actor, READS)
    query = (
        select(Log.at, LogPrivate.values)
        .join(LogPrivate, LogPrivate.log_id == Log.id)
        .where(Log.action == "parameter_changed", Log.number.is_(None))
        .order_by(Log.id.desc())
        .limit(SHOWN)
    )
    return [
        Line(at, values["actor"], c["field"], _plain(c["before"]), _plain(c["after"]))
        for at, values in session.execute(query)
        for c in values["changes"]
    ]


def version_of(texts: Texts) -> str:
    return hashlib.sha256(audit.canonical(dict(texts))).hexdigest()[:16]


def _texts(session: Session) -> dict[str, str]:
    found = parameters.load(session)
    return {each.name: _written(each, getattr(found, each.name)) for each in FIELDS}


def _written(each: Field, value: Any) -> str:
    return "\n".join(value) if each.name in LISTED else reading.written(each, value, {})


def _values(session: Session, texts: Texts) -> Values:
    types = tuple(str(key) for key in session.scalars(select(ProviderType.id)))
    found: Values = {}
    errors: list[FieldError] = []
    for each in FIELDS:
        known = replace(each, choices=types) if each.name == "contact_types" else each
        try:
            found[each.name] = reading.value(session, known, texts.get(each.name, ""))
        except reading.Wrong as wrong:
            errors.append(FieldError(each.name, wrong.code, tuple(wrong.data.items())))
    errors += _together(session, found)
    if errors:
        raise Invalid(*errors)
    return found


def _together(session: Session, found: Values) -> Sequence[FieldError]:
    errors: list[FieldError] = []
    if "contact_types" in found:
        found["contact_types"] = tuple(found["contact_types"])
    if "contact_providers" in found:
        codes = list(dict.fromkeys(found["contact_providers"].replace(",", " ").split()))
        found["contact_providers"] = tuple(codes)
        known = set(session.scalars(select(Provider.code).where(Provider.code.in_(codes))))
        if missing := [code for code in codes if code not in known]:
            errors.append(FieldError("contact_providers", "unknown", (("name", missing[0]),)))
    audience = found.get("contact_audience")
    needed = {"types": "contact_types", "listed": "contact_providers"}.get(str(audience))
    if needed is not None and not found.get(needed, True):
        errors.append(FieldError(needed, "required"))
    template = found.get("protocol_template")
    if template:
        try:
            protocol.check_template(template)
        except (ValueError, KeyError, IndexError):
            errors.append(FieldError("protocol_template", "invalid"))
    return errors


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
    return "" if value is None else str(value).replace("\n", ", ")
