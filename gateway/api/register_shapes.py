"""Registers as the API answers them; `next` of a list is the cursor of its following page."""

from msgspec import Struct


class Reason(Struct, frozen=True):
    code: str
    name: str
    active: bool


class Subclassification(Struct, frozen=True):
    """Empty terms are those of the classification."""

    code: str
    name: str
    days: int | None
    unit: str | None
    attention: int | None
    active: bool
    reasons: list[Reason]


class Classification(Struct, frozen=True):
    code: str
    name: str
    sector: str | None
    days: int
    unit: str
    attention: int
    web: bool
    active: bool
    subclassifications: list[Subclassification]


class Status(Struct, frozen=True):
    code: str
    label: str
    situation: str
    active: bool


class Sector(Struct, frozen=True):
    code: str
    name: str
    active: bool


class Agent(Struct, frozen=True):
    """The code is the log-in."""

    code: str
    name: str
    email: str
    sector: str | None
    active: bool


class Provider(Struct, frozen=True):
    """`domains`: those the provider has confirmed."""

    code: str
    name: str
    document: str | None
    type: str | None
    cnes: str | None
    city: str | None
    state: str | None
    phone: str | None
    email: str | None
    active: bool
    domains: list[str]


class Domain(Struct, frozen=True):
    """`asked`: the address that is to answer from the domain."""

    domain: str
    asked: str
    asked_at: str
    verified_at: str | None


class Classifications(Struct, frozen=True):
    """In the register's order."""

    items: list[Classification]
    next: str | None = None


class Statuses(Struct, frozen=True):
    """In the register's order."""

    items: list[Status]
    next: str | None = None


class Sectors(Struct, frozen=True):
    """By code."""

    items: list[Sector]
    next: str | None = None


class Agents(Struct, frozen=True):
    """By code."""

    items: list[Agent]
    next: str | None = None


class Providers(Struct, frozen=True):
    """By code."""

    items: list[Provider]
    next: str | None = None
