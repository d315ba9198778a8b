"""What the panel's charts say: the tables of their numbers, each count with the list behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gateway.console.addresses import Address
from gateway.delimited import safe
from gateway.formats import WEEKDAYS, number
from gateway.labels import label
from helpdesk.panel import Figures
from helpdesk.panel_groups import Group
from helpdesk.survey_figures import Figure, Surveyed
from helpdesk.tallies import BANDS

HOUR, SERVICE_DAY = 60, 600
#: hours and weekdays a table shows even when nothing came in them
SERVED = range(8, 18)
WORKED = 5
#: the address's words
BAND_WORDS = {"expired": "expirado", "attention": "atencao", "within": "dentro"}
FIELDS = {"classification": "classificacao", "sector": "setor", "agent": "responsavel"}
SHORT_DAYS = ("seg", "ter", "qua", "qui", "sex", "sab", "dom")


@dataclass(frozen=True, slots=True)
class Cell:
    """`plain` is what a file holds; `url` the list of the tickets a count is of; `count` what it
    counts, None for what is no count."""

    text: str
    plain: str
    url: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is that of its file. The first cell of a row names it. `file_head` is `head` with
    the units."""

    name: str
    head: tuple[str, ...]
    file_head: tuple[str, ...]
    rows: list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Lists:
    """Addresses of the tickets behind a figure; `chosen` are the panel's own filters."""

    chosen: Address
    first: date
    last: date
    today: date

    def running(self, band: str = "") -> str:
        return self._of(("situacao", "abertos"), ("prazo", BAND_WORDS.get(band, "")))

    def opened(self, first: date | None = None, last: date | None = None, hour: str = "") -> str:
        days = (("de", str(first or self.first)), ("ate", str(last or self.last)))
        return self._of(("situacao", "todos"), *days, ("hora", hour))

    def ended(self, first: date | None = None, last: date | None = None, band: str = "") -> str:
        days = (("fechado-de", str(first or self.first)), ("fechado-ate", str(last or self.last)))
        return self._of(("situacao", "encerrados"), *days, ("prazo", BAND_WORDS.get(band, "")))

    def backlog(self, day: date, band: str) -> str:
        """Of the present day it is what is open now."""
        if day == self.today:
            return self.running(band)
        return self._of(("situacao", "todos"), ("em", str(day)), ("prazo", BAND_WORDS[band]))

    def answered(self, question: int, part: int) -> str:
        return self._of(
            ("situacao", "todos"),
            ("resposta", f"{question}-{part}"),
            ("respondido-de", str(self.first)),
            ("respondido-ate", str(self.last)),
        )

    def within(self, by: str, code: str) -> "Lists":
        """The same lists of one group."""
        return Lists(self.chosen.put(FIELDS[by], code), self.first, self.last, self.today)

    def _of(self, *params: tuple[str, str]) -> str:
        given = tuple(p for p in params if p[1])
        return Address((*given, *self.chosen.params)).url()


def tables(figures: Figures, by: str, lists: Lists) -> dict[str, Table]:
    """By the name of their file: dias, fila, tempos, horas, grupos."""
    made = (
        _days(figures, lists),
        _backlogs(figures, lists),
        _times(figures, lists),
        _hours(figures, lists),
        _groups(figures, by, lists),
    )
    return {table.name: table for table in made}


def surveys(surveyed: Surveyed, lists: Lists) -> dict[str, Table]:
    """By the name of their file: `pesquisa-17` of the question with that id."""
    made = (_question(figure, lists) for figure in surveyed.figures)
    return {table.name: table for table in made}


def word(figure: Figure, said: str) -> str:
    """A mark of a question as people read it."""
    return label(said, "yes_no") if figure.kind == "flag" else said


def period(first: date, last: date, year: int | None = None) -> str:
    """23/10 a 24/11; with its years when they are two, or one that is not `year`."""
    form = "%d/%m" if first.year == last.year == (year or last.year) else "%d/%m/%Y"
    return f"{first:{form}} a {last:{form}}"


def duration(minutes: float | None) -> str:
    """Service time: 42 min, 1 h 06."""
    if minutes is None:
        return "—"
    whole = round(minutes)
    return f"{whole} min" if whole < HOUR else f"{number(whole // HOUR)} h {whole % HOUR:02}"


def service_days(minutes: float | None) -> str:
    """Service days of ten hours: 0,6 d · 19 d."""
    if minutes is None:
        return "—"
    days = minutes / SERVICE_DAY
    return f"{number(days, 1 if days < 10 else 0)} d"  # noqa: PLR2004 - two figures say enough


def hours_shown(figures: Figures) -> Sequence[int]:
    seen = [hour for _, hour in figures.hours] + [*SERVED]
    return range(min(seen), max(seen) + 1)


def weekdays_shown(figures: Figures) -> Sequence[int]:
    return range(max([WORKED - 1, *(day for day, _ in figures.hours)]) + 1)


def _days(figures: Figures, lists: Lists) -> Table:
    rows = [
        [
            _name(f"{d.day:%d/%m/%Y}"),
            _count(d.opened, lists.opened(d.day, d.day)),
            _count(d.closed, lists.ended(d.day, d.day)),
        ]
        for d in reversed(figures.days)
    ]
    return _table("dias", ("day", "opened", "closed"), rows)


def _backlogs(figures: Figures, lists: Lists) -> Table:
    rows = [
        [
            _name(f"{b.day:%d/%m/%Y}"),
            *(_count(b.bands[band], lists.backlog(b.day, band)) for band in BANDS),
        ]
        for b in reversed(figures.backlogs)
    ]
    head = (label("day", "panel_column"), *(label(band, "band") for band in BANDS))
    return Table("fila", head, head, rows)


def _times(figures: Figures, lists: Lists) -> Table:
    rows = [
        [
            _name(period(s.first, s.last)),
            _time(s.answer.median),
            _time(s.answer.p90),
            _long(s.resolution.median),
            _long(s.resolution.p90),
            _count(
                sum(d.closed for d in figures.days if s.first <= d.day <= s.last),
                lists.ended(s.first, s.last),
            ),
        ]
        for s in figures.stretches
    ]
    names = ("stretch", "first_median", "first_p90", "resolution_median", "resolution_p90", "ended")
    return _table("tempos", names, rows)


def _hours(figures: Figures, lists: Lists) -> Table:
    columns = hours_shown(figures)
    rows = [
        [
            _name(WEEKDAYS[day].capitalize()),
            *(
                _count(
                    figures.hours.get((day, hour), 0),
                    lists.opened(hour=f"{SHORT_DAYS[day]}-{hour}"),
                )
                for hour in columns
            ),
        ]
        for day in weekdays_shown(figures)
    ]
    head = (label("weekday", "panel_column"), *(f"{h} h" for h in columns))
    return Table("horas", head, head, rows)


def _groups(figures: Figures, by: str, lists: Lists) -> Table:
    names = (by, "opened", "first_median", "resolution_p90", "ended", "late", "in_time")
    rows = [_group(g, lists.within(by, g.code) if g.code else None) for g in figures.groups]
    return _table("grupos", names, rows)


def _question(figure: Figure, lists: Lists) -> Table:
    total = figure.total
    rows = [
        [
            _name(word(figure, mark.word)),
            _count(mark.count, lists.answered(figure.id, mark.part)),
            _share(100 * mark.count // total if total else None),
        ]
        for mark in figure.marks
    ]
    return _table(f"pesquisa-{figure.id}", ("answer", "answers", "share"), rows)


def _group(group: Group, lists: Lists | None) -> list[Cell]:
    """What belongs to none has no list: no filter asks for it."""
    share = group.in_time
    return [
        _name(group.name or label("none", "panel")),
        _count(group.opened, lists.opened() if lists else ""),
        _time(group.answer.median),
        _long(group.resolution.p90),
        _count(group.ended, lists.ended() if lists else ""),
        _count(group.late, lists.ended(band="expired") if lists else ""),
        _share(share),
    ]


def _share(percent: int | None) -> Cell:
    return Cell("—", "") if percent is None else Cell(f"{percent} %", str(percent))


def _table(name: str, names: Sequence[str], rows: list[list[Cell]]) -> Table:
    head = tuple(label(one, "panel_column") for one in names)
    in_file = (label(one, "panel_file") for one in names)
    whole = (
        word if file == one else file for one, word, file in zip(names, head, in_file, strict=True)
    )
    return Table(name, head, tuple(whole), rows)


def _name(text: str) -> Cell:
    return Cell(text, safe(text))


def _count(count: int, url: str) -> Cell:
    return Cell(number(count), str(count), url, count)


def _time(minutes: float | None) -> Cell:
    return _value(duration(minutes), minutes, HOUR)


def _long(minutes: float | None) -> Cell:
    return _value(service_days(minutes), minutes, SERVICE_DAY)


def _value(text: str, value: float | None, unit: int) -> Cell:
    """In a file a number with a comma, in hours or days: a spreadsheet counts with it."""
    if value is None:
        return Cell("—", "")
    return Cell(text, number(value / unit, 2).replace(".", ""))
