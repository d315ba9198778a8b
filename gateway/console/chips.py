"""The filters as a sentence: what each chip says, offers, and how it goes away."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.console import addresses
from gateway.console.addresses import Asked
from gateway.labels import label
from helpdesk.catalog import Catalog
from helpdesk.choices import Colleague


@dataclass(frozen=True, slots=True)
class Option:
    """`group` is the heading it stands under."""

    text: str
    url: str
    current: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """`text` is None while nothing is chosen: the template has the word for that."""

    text: str | None
    clear: str
    options: tuple[Option, ...] = ()


def chips(
    asked: Asked, registers: Catalog, colleagues: Sequence[Colleague], login: str
) -> dict[str, Chip]:
    classifications = [
        (c.code, c.name)
        for c in sorted(registers.classifications.values(), key=lambda c: (c.position, c.id))
        if c.active
    ]
    statuses = [
        (s.code, s.label)
        for s in sorted(registers.statuses.values(), key=lambda s: (s.position, s.id))
        if s.active
    ]
    sectors = [(s.code, s.name) for s in sorted(registers.sectors.values(), key=lambda s: s.id)]
    people = [(addresses.ME, label("me", "chip"))]
    people += [(c.login, c.name) for c in colleagues if c.login != login]
    subs = [(s.code, s.name) for s in registers.subclassifications.values()]
    reasons = [(r.code, r.name) for r in registers.reasons.values()]
    made = {
        "situacao": _table(asked, "situacao", addresses.SITUATIONS, "queue_situation"),
        "prazo": _table(asked, "prazo", addresses.DEADLINES, "deadline_filter"),
        "classificacao": _choice(asked, "classificacao", classifications),
        "responsavel": _choice(asked, "responsavel", people),
        "status": _status(asked, statuses),
        "setor": _choice(asked, "setor", sectors),
        "canal": _choice(asked, "canal", _labels("origin")),
        "subclassificacao": _named(asked, "subclassificacao", subs),
        "motivo": _named(asked, "motivo", reasons),
        "prestador": _named(asked, "prestador", ()),
        "q": _named(asked, "q", ()),
        "de": _named(asked, "de", ()),
        "ate": _named(asked, "ate", ()),
    }
    if not asked.address.get("situacao"):
        made["situacao"] = Chip(
            label(asked.filter.situation, "queue_situation"), "", made["situacao"].options
        )
    return made


def _table(asked: Asked, name: str, table: dict[str, str], kind: str) -> Chip:
    return _choice(asked, name, [(word, label(code, kind)) for word, code in table.items()])


def _choice(asked: Asked, name: str, offered: Sequence[tuple[str, str]], group: str = "") -> Chip:
    chosen = asked.address.all(name)
    options = tuple(
        Option(text, asked.address.put(name, value).url(), value in chosen, group)
        for value, text in offered
    )
    return Chip(_text(chosen, dict(offered)), asked.address.put(name).url(), options)


def _named(asked: Asked, name: str, known: Sequence[tuple[str, str]]) -> Chip:
    """Chosen elsewhere (a form, a link): the chip only says it and goes away."""
    chosen = asked.address.all(name)
    return Chip(_text(chosen, dict(known)), asked.address.put(name).url())


def _status(asked: Asked, registered: Sequence[tuple[str, str]]) -> Chip:
    """Registered ones and, as the seed has it, the two computed from the deadline."""
    computed = [(word, label(code, "deadline_filter")) for word, code in addresses.COMPUTED.items()]
    first = _choice(asked, "status", registered, label("registered", "chip"))
    second = _choice(asked, "status", computed, label("computed", "chip"))
    names = dict([*registered, *computed])
    return Chip(
        _text(asked.address.all("status"), names), first.clear, first.options + second.options
    )


def _text(chosen: Sequence[str], names: dict[str, str]) -> str | None:
    return ", ".join(names.get(value, value) for value in chosen) or None


def _labels(kind: str) -> list[tuple[str, str]]:
    return [
        (code, label(code, kind))
        for code in ("web", "mail", "telegram", "chat", "phone", "in_person", "api")
    ]
