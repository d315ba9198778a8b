"""Registers (cadastros): what the operadora decides once and every ticket refers to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Code, Key, Name, by_code_point


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


class Subclassification(Base):
    """Empty days, unit or attention are those of the classification."""

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


class Holiday(Base):
    """One edited day: a holiday of the operadora (`working` false) or one that works (true)."""

    __tablename__ = "holiday"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    day: Mapped[date] = mapped_column(Date, unique=True)
    name: Mapped[Name]
    working: Mapped[bool] = mapped_column(default=False)


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
