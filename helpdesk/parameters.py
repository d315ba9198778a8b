"""Parameters: decisions of the operadora that change while the instance runs."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import audit
from helpdesk.border import Actor
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import Parameter


@dataclass(frozen=True, slots=True)
class Parameters:
    """`generate_protocol`: tickets get a protocol number. `reopen_days`: how long after closing a
    complement reopens; later it opens a linked ticket. `claim_minutes`: the lease of a claim.
    `contact_enabled`, `contact_label`: the provider's menu "Fale conosco"."""

    generate_protocol: bool = True
    reopen_days: int = 30
    claim_minutes: int = 15
    contact_enabled: bool = True
    contact_label: str = "Fale conosco"


def load(session: Session) -> Parameters:
    stored: dict[str, Any] = {
        key: value["value"]
        for key, value in session.execute(select(Parameter.key, Parameter.value))
    }
    known = {f.name for f in fields(Parameters)}
    return Parameters(**{key: value for key, value in stored.items() if key in known})


def change(session: Session, actor: Actor, key: str, value: object, *, now: datetime) -> None:
    """Raises `Invalid` when the key is unknown or the value is of another type."""
    before = asdict(load(session))
    if key not in before:
        raise Invalid(FieldError(key, "unknown"))
    if type(before[key]) is not type(value) or (isinstance(value, int) and value < 0):
        raise Invalid(FieldError(key, "invalid"))
    session.merge(Parameter(key=key, value={"value": value}, changed_at=now, changed_by=actor.name))
    change = audit.Change(key, before[key], value)
    audit.record(session, actor, "parameter_changed", now=now, changes=(change,))
