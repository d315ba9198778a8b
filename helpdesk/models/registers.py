"""Registers (cadastros): what the operadora decides once and every ticket refers to."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, Time, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Code, Key, Long, Name, by_code_point


class Sector(Base):
    __tablename__ = "sector"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    active: Mapped[bool] = mapped_column(default=True)


class Status(Base):
    """A registered status; it belongs to exactly one situation."""

    __tablename__ = "status"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    label: Mapped[Name]
    situation: Mapped[str] = mapped_column(String(10))
    pauses: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    #: how it is tinted, a word of `TINTS`; empty is the tint of its situation
    tint: Mapped[str] = mapped_column(String(10), default="", server_default="")
    #: what the provider reads instead of `label`
    provider_label: Mapped[str] = mapped_column(String(200), default="", server_default="")


class ProviderType(Base):
    __tablename__ = "provider_type"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)


class Classification(Base):
    """Days are of `unit` (business | calendar); `web` publishes it on the provider's form."""

    __tablename__ = "classification"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("sector.id"))
    days: Mapped[int]
    unit: Mapped[str] = mapped_column(String(10), default="business")
    attention: Mapped[int] = mapped_column(default=1)
    web: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    #: what the provider reads when choosing it, what a closing begins with, what agents are told
    default_message: Mapped[Long] = mapped_column(default="", server_default="")
    closing_message: Mapped[Long] = mapped_column(default="", server_default="")
    guidance: Mapped[Long] = mapped_column(default="", server_default="")


class Subclassification(Base):
    """What is empty is that of the classification."""

    __tablename__ = "subclassification"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    classification_id: Mapped[int] = mapped_column(ForeignKey("classification.id"), index=True)
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    days: Mapped[int | None]
    unit: Mapped[str | None] = mapped_column(String(10))
    attention: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    sector_id: Mapped[int | None]
    web: Mapped[bool] = mapped_column(default=True, server_default=true())
    default_message: Mapped[Long] = mapped_column(default="", server_default="")
    closing_message: Mapped[Long] = mapped_column(default="", server_default="")
    guidance: Mapped[Long] = mapped_column(default="", server_default="")


class Reason(Base):
    """Motivo: chosen by the agent, belongs to a subclassification."""

    __tablename__ = "reason"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    subclassification_id: Mapped[int] = mapped_column(
        ForeignKey("subclassification.id"), index=True
    )
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    active: Mapped[bool] = mapped_column(default=True)


class CalendarDay(Base):
    """A day that is not served as the calendar of the law says, once or every year.

    `rule` says which: `date` (`day`), `yearly` (month and day of `day`), `easter` (`from_easter`
    from Easter). `effect`: `closed`, `half` (served from `opens` to `closes`), `open` (served all
    the same). Without state and sector it is everybody's; with a state, or a city of it, it counts
    for providers there, and for all where the operadora itself is there.
    """

    __tablename__ = "calendar_day"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    name: Mapped[Name]
    rule: Mapped[str] = mapped_column(String(10), default="date")
    day: Mapped[date | None] = mapped_column(Date)
    from_easter: Mapped[int | None]
    effect: Mapped[str] = mapped_column(String(10), default="closed")
    opens: Mapped[time | None] = mapped_column(Time)
    closes: Mapped[time | None] = mapped_column(Time)
    state: Mapped[str] = mapped_column(String(2), default="")
    city: Mapped[Name] = mapped_column(default="")
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("sector.id"))
    active: Mapped[bool] = mapped_column(default=True)


class Terms(Base):
    """A deadline agreed with one provider (contract); wins over the registers."""

    __tablename__ = "provider_terms"
    __table_args__ = (
        UniqueConstraint("provider_id", "classification_id", "subclassification_id"),
        AUTO,
    )

    id: Mapped[Key]
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    classification_id: Mapped[int] = mapped_column(ForeignKey("classification.id"))
    subclassification_id: Mapped[int | None] = mapped_column(ForeignKey("subclassification.id"))
    days: Mapped[int]
    unit: Mapped[str] = mapped_column(String(10))
    attention: Mapped[int]


class Parameter(Base):
    """A decision of the operadora that is not a setting of the machine."""

    __tablename__ = "parameter"

    key: Mapped[Code] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[Name]


class ProtocolDay(Base):
    """The last sequence given on a local day; a batch takes n at once."""

    __tablename__ = "protocol_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last: Mapped[int]


class Provider(Base):
    __tablename__ = "provider"
    __table_args__ = (Index(None, "sort_name", "id"), AUTO)

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    #: name without marks, casefolded: the grid sorts by it alike on both databases
    sort_name: Mapped[str] = mapped_column(by_code_point(200))
    document: Mapped[str] = mapped_column(String(14), default="", index=True)
    type_id: Mapped[int | None] = mapped_column(ForeignKey("provider_type.id"))
    cnes: Mapped[str] = mapped_column(String(7), default="")
    city: Mapped[Name] = mapped_column(default="")
    state: Mapped[str] = mapped_column(String(2), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    active: Mapped[bool] = mapped_column(default=True)


class ProviderAddress(Base):
    """One of the places a provider works at or receives letters at."""

    __tablename__ = "provider_address"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    #: what the place is called: Sede, Unidade Centro
    label: Mapped[str] = mapped_column(String(60))
    street: Mapped[Name]
    district: Mapped[Name] = mapped_column(default="")
    city: Mapped[Name]
    state: Mapped[str] = mapped_column(String(2))
    #: CEP: eight digits, no mask
    postal_code: Mapped[str] = mapped_column(String(8), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
