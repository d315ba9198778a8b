"""Parameters: decisions of the operadora that change while the instance runs."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import audit
from helpdesk.border import Actor
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import Parameter, Provider

AUDIENCES = ("all", "types", "listed")


@dataclass(frozen=True, slots=True)
class Parameters:
    """`contact_*`: the provider's menu "Fale conosco", and who has it: all, those of some types (by
    id), or those listed (by code). `use_crm`: another system answers; the console only shows.
    `generate_protocol`: tickets get a protocol number, written by `protocol_template` (empty: that
    of the settings). `closing_reason`: closing asks for a reason where there is one to choose.
    `closing_conclusive`: a closing that says nothing is refused. `reopen_days`: how long after
    closing a complement reopens; later it opens a linked ticket. `claim_minutes`: the lease of a
    claim. `attachment_count`: most files of one message of a provider.
    """

    contact_enabled: bool = True
    contact_label: str = "Fale conosco"
    contact_audience: str = "all"
    contact_types: tuple[str, ...] = ()
    contact_providers: tuple[str, ...] = ()
    use_crm: bool = False
    generate_protocol: bool = True
    protocol_template: str = ""
    closing_reason: bool = False
    closing_conclusive: bool = True
    reopen_days: int = 30
    claim_minutes: int = 15
    attachment_count: int = 10

    def contact_for(self, code: str, type_id: int | None) -> bool:
        """Whether this provider has the menu."""
        if not self.contact_enabled:
            return False
        match self.contact_audience:
            case "types":
                return str(type_id) in self.contact_types
            case "listed":
                return code in self.contact_providers
            case _:
                return True


def load(session: Session) -> Parameters:
    stored: dict[str, Any] = {
        key: value["value"]
        for key, value in session.execute(select(Parameter.key, Parameter.value))
    }
    known = {f.name for f in fields(Parameters)}
    return Parameters(**{key: _frozen(value) for key, value in stored.items() if key in known})


def contact_open(session: Session, provider_id: int | None) -> bool:
    """May this provider open contacts by itself? None: any provider at all."""
    found = load(session)
    if provider_id is None or found.contact_audience == "all":
        return found.contact_enabled
    row = session.execute(
        select(Provider.code, Provider.type_id).where(Provider.id == provider_id)
    ).first()
    return row is not None and found.contact_for(*row)


def change(session: Session, actor: Actor, key: str, value: object, *, now: datetime) -> None:
    """Raises `Invalid` when the key is unknown or the value is of another type."""
    before = asdict(load(session))
    if key not in before:
        raise Invalid(FieldError(key, "unknown"))
    if type(before[key]) is not type(value) or (isinstance(value, int) and value < 0):
        raise Invalid(FieldError(key, "invalid"))
    write(session, actor, key, value, now=now)
    change = audit.Change(key, _plain(before[key]), _plain(value))
    audit.record(session, actor, "parameter_changed", now=now, changes=(change,))


def write(session: Session, actor: Actor, key: str, value: object, *, now: datetime) -> None:
    """Store a value of the right kind; the log is the caller's."""
    kept = {"value": _plain(value)}
    session.merge(Parameter(key=key, value=kept, changed_at=now, changed_by=actor.name))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]


def _plain(value: object) -> object:
    """As JSON has it."""
    return list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]
