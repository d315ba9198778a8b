"""The address of a list says its filter, order and page; this reads and writes such addresses.

`?situacao=abertos&classificacao=GLO&prazo=expirado&ordem=prazo&sentido=desc&q=…`. What is wrong or
unknown is left out and named, so that an old bookmark still opens.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from helpdesk.border import Channel
from helpdesk.filters import Filter
from helpdesk.grid import Order
from helpdesk.survey_figures import Counted

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
#: parameters that belong to a place in the list, not to the list: where it begins, where the pages
#: before begin, how many rows stand before it, how many it shows
PLACE = ("cursor", "antes", "apos", "linhas")
MOST_WORDS = 200
#: rows a page begins with, and has once it was scrolled on and on
PAGE_ROWS, MOST_ROWS = 50, 500
#: of a period in which an hour of the week is looked for
MOST_DAYS = 731
#: years a list may be asked about: the ends of the calendar have no day before or after
YEARS = range(1900, 2200)


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

    def toggle(self, name: str, value: str) -> "Address":
        """With one value more of a parameter, or one less."""
        chosen = self.all(name)
        left = tuple(each for each in chosen if each != value)
        return self.put(name, *(left if value in chosen else (*chosen, value)))

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
    #: places of the pages before this one but the first, each `rows before it.cursor`
    before: tuple[str, ...]
    #: rows of the list before this page, as far as it was walked
    offset: int
    #: how many this page shows
    rows: int
    wrong: tuple[str, ...]

    @property
    def whole(self) -> Address:
        """The list, wherever the agent is in it."""
        return self.address.drop(*PLACE)


#: an hour of a weekday, Monday first
HOURS = {
    f"{day}-{hour}": (n, hour)
    for n, day in enumerate(("seg", "ter", "qua", "qui", "sex", "sab", "dom"))
    for hour in range(24)
}
#: dates by the field of the filter they are
DAYS = {
    "de": "opened_from",
    "ate": "opened_to",
    "fechado-de": "closed_from",
    "fechado-ate": "closed_to",
    "em": "open_on",
}
#: an answer to a survey form, and when it was given
ANSWER = ("resposta", "respondido-de", "respondido-ate")
#: ids of the question and of the answer
_ANSWER = re.compile(r"([0-9]{1,18})-([0-9]{1,9})")
KNOWN = ("situacao", "prazo", *DAYS, "hora", *ANSWER, "q", "ordem", "sentido", *PLACE, *CODES)


def parse(items: Iterable[tuple[str, str]], login: str) -> Asked:
    """`login` stands for the parameter value `eu`."""
    named = ((k, v.strip()) for k, v in items if k in KNOWN and v.strip())
    # Litestar gives the names in no order: one list has one address.
    given = Address(tuple(sorted(named, key=lambda item: KNOWN.index(item[0]))))
    wrong: list[str] = []
    chosen = Filter(
        situation=_situation(given, wrong),
        deadline=_one(given, "prazo", DEADLINES, wrong),
        q=given.get("q")[:MOST_WORDS],
    )
    for name, field in CODES.items():
        chosen = replace(chosen, **{field: given.all(name)})
    for name, field in DAYS.items():
        chosen = replace(chosen, **{field: _day(given, name, wrong)})
    chosen = _special(chosen, login, wrong)
    chosen = _in_period(chosen, given.get("hora"), wrong)
    chosen = replace(chosen, answered=_answered(given, wrong))
    key = _one(given, "ordem", ORDERS, wrong) or "due"
    address = given.drop(*wrong)
    return Asked(
        address=address,
        filter=chosen,
        order=Order(key, descending=given.get("sentido") == DESCENDING),
        cursor=given.get("cursor") or None,
        before=tuple(given.all("antes")),
        offset=_count(given.get("apos"), 0),
        rows=min(max(_count(given.get("linhas"), PAGE_ROWS), PAGE_ROWS), MOST_ROWS),
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


def _in_period(chosen: Filter, hour: str, wrong: list[str]) -> Filter:
    """An hour of the week is one of a period."""
    if not hour:
        return chosen
    first, last = chosen.opened_from, chosen.opened_to
    if hour not in HOURS or first is None or last is None or (last - first).days > MOST_DAYS:
        wrong.append("hora")
        return chosen
    return replace(chosen, opened_in=HOURS[hour])


def _answered(given: Address, wrong: list[str]) -> Counted | None:
    """An answer is one of a period."""
    asked, found = any(map(given.get, ANSWER)), _ANSWER.fullmatch(given.get(ANSWER[0]))
    first, last = (_day(given, name, wrong) for name in ANSWER[1:])
    if found is not None and first is not None and last is not None:
        return Counted(int(found[1]), int(found[2]), first, last)
    wrong += [name for name in ANSWER if asked and name not in wrong]
    return None


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
        day = date.fromisoformat(value)
    except ValueError:
        day = date.min
    if day.year in YEARS:
        return day
    wrong.append(name)
    return None


def word_of(table: Mapping[str, str], value: str | None) -> str:
    """The address's word for a value of the core; "" for none."""
    return next((word for word, code in table.items() if code == value), "")


def pages(asked: Asked, following: str | None, shown: int) -> tuple[str | None, str | None]:
    """Addresses of the page before and the page after one of `shown` rows; None at the ends."""
    here = asked.cursor or ""
    after = None
    if following:
        trail = [*asked.before, *([f"{asked.offset}.{here}"] if here else [])]
        after = _at(asked.whole, following, trail, asked.offset + shown)
    before = None
    if here:
        offset, _, cursor = (asked.before[-1] if asked.before else "").partition(".")
        before = _at(asked.whole, cursor, asked.before[:-1], _count(offset, 0))
    return before, after


def _at(base: Address, cursor: str, trail: Sequence[str], offset: int) -> str:
    place = [("cursor", cursor)] if cursor else []
    after = [("apos", str(offset))] if offset else []
    return Address((*base.params, *place, *(("antes", c) for c in trail), *after)).url()


def _count(text: str, otherwise: int) -> int:
    """What no address of ours holds is as if nothing stood there."""
    plain = text.isascii() and text.isdigit() and len(text) < len(str(2**31))
    return int(text) if plain else otherwise
