"""The filters as a sentence: what each chip says, offers, and how it goes away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.console import addresses
from gateway.console.addresses import Address, Asked
from gateway.labels import label
from helpdesk.border import Channel
from helpdesk.catalog import Catalog
from helpdesk.choices import Colleague

#: value and text of what a filter offers
Offered = Sequence[tuple[str, str]]
#: filters of which several values mean any of them
SEVERAL = frozenset(addresses.CODES)


@dataclass(frozen=True, slots=True)
class Option:
    """`url` leads to this one alone; `group` is the heading it stands under."""

    value: str
    text: str
    url: str
    current: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """`text` is None while nothing is chosen: the template has the word for that. `rest` is what a
    form that changes only this filter sends along."""

    name: str
    text: str | None
    clear: str
    options: tuple[Option, ...] = ()
    several: bool = False
    rest: tuple[tuple[str, str], ...] = ()


def chips(
    asked: Asked,
    registers: Catalog,
    colleagues: Sequence[Colleague],
    login: str,
    providers: Mapping[str, str],
    answer: str | None = None,
) -> dict[str, Chip]:
    """`answer`: what is said of a filter by the answer to a survey form."""
    offered = offers(registers, colleagues, login)
    made = {name: _choice(asked, name, values) for name, values in offered.items()}
    computed = table(addresses.COMPUTED, "deadline_filter")
    made["status"] = _choice(
        asked, "status", offered["status"], label("registered", "chip"),
        (computed, label("computed", "chip")),
    )  # fmt: skip
    made["prestador"] = _choice(asked, "prestador", list(providers.items()))
    made["q"] = _choice(asked, "q", [])
    # Between two days is one filter, in two parameters.
    made["abertura"] = Chip("abertura", None, _without(asked.address, "de", "ate", "hora"))
    made["hora"] = Chip("hora", _hour(asked.address.get("hora")), _without(asked.address, "hora"))
    made["resposta"] = Chip("resposta", answer, _without(asked.address, *addresses.ANSWER))
    for name in ("fechado-de", "fechado-ate", "em"):
        made[name] = Chip(name, None, _without(asked.address, name))
    if not asked.address.get("situacao"):
        said = label(asked.filter.situation, "queue_situation")
        made["situacao"] = Chip("situacao", said, "", made["situacao"].options)
    return made


def offers(registers: Catalog, colleagues: Sequence[Colleague], login: str) -> dict[str, Offered]:
    """By parameter of the address, in the registers' order."""
    people = [(addresses.ME, label("me", "chip"))]
    people += [(c.login, c.name) for c in colleagues if c.login != login]
    return {
        "situacao": table(addresses.SITUATIONS, "queue_situation"),
        "prazo": table(addresses.DEADLINES, "deadline_filter"),
        "classificacao": [
            (c.code, c.name)
            for c in sorted(registers.classifications.values(), key=lambda c: (c.position, c.id))
            if c.active
        ],
        "responsavel": people,
        "status": [
            (s.code, s.label)
            for s in sorted(registers.statuses.values(), key=lambda s: (s.position, s.id))
            if s.active
        ],
        "setor": [(s.code, s.name) for s in sorted(registers.sectors.values(), key=lambda s: s.id)],
        "canal": [(str(c), label(c, "origin")) for c in Channel],
        "subclassificacao": [(s.code, s.name) for s in registers.subclassifications.values()],
        "motivo": [(r.code, r.name) for r in registers.reasons.values()],
    }


def table(words: Mapping[str, str], kind: str) -> Offered:
    """The address's words under their labels."""
    return [(word, label(code, kind)) for word, code in words.items()]


def _choice(
    asked: Asked,
    name: str,
    offered: Offered,
    group: str = "",
    more: tuple[Offered, str] | None = None,
) -> Chip:
    address, chosen = asked.address, asked.address.all(name)
    groups = [(offered, group), *([more] if more else [])]
    options = tuple(
        Option(value, text, address.put(name, value).url(), value in chosen, heading)
        for values, heading in groups
        for value, text in values
    )
    names = {option.value: option.text for option in options}
    rest = address.drop(name, *addresses.PLACE).params
    return Chip(name, _text(chosen, names), address.put(name).url(), options, name in SEVERAL, rest)


def _text(chosen: Sequence[str], names: Mapping[str, str]) -> str | None:
    said = [names.get(value, value) for value in chosen]
    if len(said) < 2:  # noqa: PLR2004 - one needs no conjunction
        return said[0] if said else None
    return f"{', '.join(said[:-1])} {label('or', 'chip')} {said[-1]}"


def _hour(word: str) -> str | None:
    day, _, hour = word.partition("-")
    return f"{label(day, 'week_day')}, {hour} h" if word in addresses.HOURS else None


def _without(address: Address, *names: str) -> str:
    return address.drop(*names, *addresses.PLACE).url()
