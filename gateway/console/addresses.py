"""The address of a list says its filter, order and page; this reads and writes such addresses.

`?situacao=abertos&classificacao=GLO&prazo=expirado&ordem=prazo&sentido=desc&q=…`. What is wrong or
unknown is left out and named, so that an old bookmark still opens.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from helpdesk.border import Channel
from helpdesk.filters import Filter
from helpdesk.grid import Order

SITUATIONS = {
    "todos": "all",
    "abertos": "open",
    "encerrados": "closed",
    "pendentes-do-perfil": "pending_profile",
    "pendentes-do-operador": "pending_agent",
}
DEADLINES = {"expirado": "expired", "atencao": "attention", "dentro": "within"}
#: the two values of the seed's status filter that are computed, not registered
COMPUTED = {"prazo-expirado": "expired", "dentro-do-prazo": "within"}
ORDERS = {
    "cliente": "provider",
    "operador": "agent",
    "abertura": "opened",
    "chamado": "number",
    "protocolo": "protocol",
    "titulo": "title",
    "prazo": "due",
}
CODES = {
    "classificacao": "classification",
    "subclassificacao": "subclassification",
    "motivo": "reason",
    "status": "status",
    "setor": "sector",
    "prestador": "provider",
    "responsavel": "assignee",
    "canal": "channel",
}
#: the agent who asks
ME = "eu"
DESCENDING = "desc"
#: parameters that belong to a place in the list, not to the list
PLACE = ("cursor", "antes")
MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Address:
    """Known parameters, without empty ones."""

    params: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        return next((value for key, value in self.params if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.params if key == name)

    def put(self, name: str, *values: str) -> "Address":
        """Another value for one parameter; the list begins anew."""
        gone = {name, *PLACE} - (set(PLACE) if name in PLACE else set())
        kept = [(key, value) for key, value in self.params if key not in gone]
        return Address((*kept, *((name, value) for value in values if value)))

    def drop(self, *names: str) -> "Address":
        return Address(tuple(p for p in self.params if p[0] not in names))

    def url(self, path: str = "/central") -> str:
        return f"{path}?{urlencode(self.params)}" if self.params else path

    @property
    def query(self) -> str:
        return urlencode(self.params)


@dataclass(frozen=True, slots=True)
class Asked:
    address: Address
    filter: Filter
    order: Order
    cursor: str | None
    #: cursors of the pages before this one; the first page has none
    before: tuple[str, ...]
    wrong: tuple[str, ...]


KNOWN = ("situacao", "prazo", "de", "ate", "q", "ordem", "sentido", *PLACE, *CODES)


def parse(items: Iterable[tuple[str, str]], login: str) -> Asked:
    """`login` stands for the parameter value `eu`."""
    named = ((k, v.strip()) for k, v in items if k in KNOWN and v.strip())
    # Litestar gives the names in no order: one list has one address.
    given = Address(tuple(sorted(named, key=lambda item: KNOWN.index(item[0]))))
    wrong: list[str] = []
    chosen = Filter(
        situation=_situation(given, wrong),
        deadline=_one(given, "prazo", DEADLINES, wrong),
        opened_from=_day(given, "de", wrong),
        opened_to=_day(given, "ate", wrong),
        q=given.get("q")[:MOST_WORDS],
    )
    for name, field in CODES.items():
        chosen = replace(chosen, **{field: given.all(name)})
    chosen = _special(chosen, login, wrong)
    key = _one(given, "ordem", ORDERS, wrong) or "due"
    address = given.drop(*wrong)
    return Asked(
        address=address,
        filter=chosen,
        order=Order(key, descending=given.get("sentido") == DESCENDING),
        cursor=given.get("cursor") or None,
        before=tuple(given.all("antes")),
        wrong=tuple(wrong),
    )


def _situation(given: Address, wrong: list[str]) -> str:
    """Open ones, unless words are looked for: then all."""
    return _one(given, "situacao", SITUATIONS, wrong) or ("all" if given.get("q") else "open")


def _special(chosen: Filter, login: str, wrong: list[str]) -> Filter:
    computed = [COMPUTED[code] for code in chosen.status if code in COMPUTED]
    channels = {str(channel) for channel in Channel}
    if not channels.issuperset(chosen.channel):
        wrong.append("canal")
    return replace(
        chosen,
        assignee=tuple(login if value == ME else value for value in chosen.assignee),
        status=tuple(code for code in chosen.status if code not in COMPUTED),
        deadline=chosen.deadline or (computed[0] if computed else None),
        channel=tuple(value for value in chosen.channel if value in channels),
    )


def _one(given: Address, name: str, table: Mapping[str, str], wrong: list[str]) -> str | None:
    value = given.get(name)
    if value and value not in table:
        wrong.append(name)
    return table.get(value)


def _day(given: Address, name: str, wrong: list[str]) -> date | None:
    value = given.get(name)
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        wrong.append(name)
        return None


def word_of(table: Mapping[str, str], value: str | None) -> str:
    """The address's word for a value of the core; "" for none."""
    return next((word for word, code in table.items() if code == value), "")


def pages(asked: Asked, following: str | None) -> tuple[str | None, str | None]:
    """Addresses of the page before and the page after; None at the ends."""
    base = asked.address.drop(*PLACE)
    here = asked.cursor or ""
    after = None
    if following:
        trail = [*asked.before, *([here] if here else [])]
        after = _at(base, following, trail)
    before = None
    if here:
        before = _at(base, asked.before[-1] if asked.before else "", asked.before[:-1])
    return before, after


def _at(base: Address, cursor: str, trail: Sequence[str]) -> str:
    place = [("cursor", cursor)] if cursor else []
    return Address((*base.params, *(("antes", c) for c in trail), *place)).url()
