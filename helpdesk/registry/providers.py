"""The registers of providers: who writes, where they work, what was agreed with them."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from helpdesk import identifiers, registers
from helpdesk.audit import Change, Entry
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import (
    Classification,
    KnownAddress,
    Membership,
    Person,
    Provider,
    ProviderAddress,
    ProviderType,
    Subclassification,
    Terms,
    Ticket,
)
from helpdesk.registry import history
from helpdesk.registry.days import STATES
from helpdesk.registry.described import MOST_DAYS, UNITS
from helpdesk.registry.shape import Beside, Field, Pair, Register, Values
from helpdesk.text import sort_name

_POSTAL = re.compile(r"[0-9]{5}-?[0-9]{3}")


def _postal(said: str) -> str | None:
    return said.replace("-", "") if _POSTAL.fullmatch(said) else None


def _check_terms(session: Session, values: Values) -> Sequence[FieldError]:
    errors: list[FieldError] = []
    if values["subclassification"] is not None:
        child = session.get_one(Subclassification, values["subclassification"])
        if child.classification_id != values["classification"]:
            errors.append(FieldError("subclassification", "unknown"))
    if values["attention"] > values["days"]:
        limits = (("least", 0), ("most", values["days"]))
        errors.append(FieldError("attention", "range", limits))
    return errors


def _sort(row: Any) -> None:
    row.sort_name = sort_name(row.name)


def _know(session: Session, pairs: Sequence[Pair]) -> None:
    """What a provider's address sends is the provider speaking."""
    for before, after in pairs:
        if after is None or not after["email"]:
            continue
        if before is None or before["email"] != after["email"]:
            provider = session.scalars(select(Provider).where(Provider.code == after["code"])).one()
            registers.know(session, provider, after["email"])


def _person_before(
    session: Session, desk: Desk, provider_id: int | None, values: Values, said: str
) -> str:
    """The name of whoever speaks for the provider by the line's address; who is there keeps it.
    Raises `Invalid`: without an address nobody can be told apart, and who may not invite people
    names none."""
    if not values["email"]:
        raise Invalid(FieldError("email", "required"))
    if not desk.actor.may("people.invite"):
        raise Invalid(FieldError("person", "beyond"))
    known = session.scalar(
        select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.email == values["email"], Membership.provider_id == provider_id)
    )
    return said if known is not None else ""


def _put_person(session: Session, desk: Desk, provider_id: int, values: Values, said: str) -> None:
    """Somebody who may be invited from now on."""
    if _person_before(session, desk, provider_id, values, said) == said:
        return
    provider = session.get_one(Provider, provider_id)
    registers.know(session, provider, values["email"], said)
    entry = Entry(None, desk.actor, "person_changed", (Change("person", None, values["email"]),))
    history.write(session, PROVIDER, [(provider_id, entry)], now=desk.now)


def _find(said: str) -> ColumnElement[bool]:
    """Every word stands in the name; or it is the beginning of the code or of the document."""
    whole = said.strip()
    plain = identifiers.document(whole) or re.sub(r"[./-]", "", whole).upper()
    named = [Provider.sort_name.contains(w, autoescape=True) for w in sort_name(whole).split()]
    return or_(
        and_(*named) if named else false(),
        func.lower(Provider.code).startswith(whole.lower(), autoescape=True),
        Provider.document.startswith(plain, autoescape=True) if plain else Provider.code == whole,
    )


def _of_provider(column: Any, said: str) -> ColumnElement[bool]:
    return column.in_(select(Provider.id).where(_find(said)))


def _provider() -> Field:
    return Field(
        name="provider", kind="ref", column="provider_id",
        of=Provider.code, called=Provider.name, listed=True, fixed=True,
    )  # fmt: skip


PROVIDER = Register(
    name="provider",
    model=Provider,
    fields=(
        Field(name="code", limit=40, fixed=True, listed=True),
        Field(name="name", listed=True),
        Field(name="document", required=False, clean=identifiers.document, listed=True),
        Field(
            name="type", kind="ref", column="type_id", required=False,
            of=ProviderType.name, called=ProviderType.name, listed=True,
        ),
        Field(name="cnes", required=False, clean=identifiers.cnes),
        Field(name="city", required=False, listed=True),
        Field(
            name="state", kind="choice", choices=tuple(STATES), label="state",
            required=False,
        ),
        Field(name="phone", required=False, limit=40),
        Field(name="email", required=False, limit=254, clean=identifiers.email),
    ),
    order=("sort_name", "id"),
    children=("provider_address", "provider_terms"),
    uses=(
        Ticket.provider_id,
        Membership.provider_id,
        KnownAddress.provider_id,
        ProviderAddress.provider_id,
        Terms.provider_id,
    ),
    find=_find,
    settle=lambda _session, _desk, row, _values: _sort(row),
    act=lambda session, _desk, pairs: _know(session, pairs),
    beside=Beside(
        field=Field(name="person", required=False), before=_person_before, put=_put_person
    ),
)  # fmt: skip


ADDRESS = Register(
    name="provider_address",
    right="provider",
    model=ProviderAddress,
    title="label",
    fields=(
        _provider(),
        Field(name="label", limit=60, listed=True),
        Field(name="street", listed=True),
        Field(name="district", required=False),
        Field(name="city", listed=True),
        Field(name="state", kind="choice", choices=tuple(STATES), label="state", listed=True),
        Field(name="postal_code", required=False, clean=_postal),
        Field(name="phone", required=False, limit=40),
    ),
    key=("provider", "label"),
    order=("id",),
    parent="provider",
    switch="",
    find=lambda said: _of_provider(ProviderAddress.provider_id, said),
)

TERMS = Register(
    name="provider_terms",
    right="provider",
    model=Terms,
    title="classification",
    fields=(
        _provider(),
        Field(
            name="classification", kind="ref", column="classification_id",
            of=Classification.code, called=Classification.name, listed=True, fixed=True,
        ),
        Field(
            name="subclassification", kind="ref", column="subclassification_id", required=False,
            of=Subclassification.code, called=Subclassification.name, listed=True, fixed=True,
        ),
        Field(name="days", kind="number", least=1, most=MOST_DAYS, listed=True),
        Field(
            name="unit", kind="choice", choices=UNITS, label="unit", default="business",
            listed=True,
        ),
        Field(name="attention", kind="number", default="1", most=MOST_DAYS, listed=True),
    ),
    key=("provider", "classification", "subclassification"),
    order=("id",),
    parent="provider",
    switch="",
    find=lambda said: _of_provider(Terms.provider_id, said),
    check=lambda session, _desk, values: _check_terms(session, values),
)  # fmt: skip

TYPE = Register(
    name="provider_type",
    right="provider",
    model=ProviderType,
    fields=(Field(name="name", listed=True),),
    key=("name",),
    order=("name", "id"),
    switch="",
    uses=(Provider.type_id,),
)
