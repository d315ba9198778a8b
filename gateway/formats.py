"""How dates, sizes, documents and text are written for people: the filters of the templates.

Instants come in aware and are shown in the operadora's zone. Whatever depends on the present takes
it as an argument, like every verb of the core.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import PurePath
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from helpdesk.identifiers import format_document

WEEKDAYS = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
SERVICE_DAY = timedelta(hours=10)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

CNPJ_LENGTH, CPF_LENGTH = 14, 11
MOBILE_LENGTH, LANDLINE_LENGTH = 11, 10
KIBI = 1024

_LINK = re.compile(r"https?://[^\s<>\"']+")
_ANCHOR = Markup('<a href="{0}" rel="noopener noreferrer nofollow" target="_blank">{0}</a>')
_TRAILING = ".,;:!?)]}»"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
_PARAGRAPHS = re.compile(r"\n\s*\n")

#: thumbnails of the sprite by file suffix; everything else is a sheet of paper
_THUMBS = {
    "th-image": {"png", "jpg", "jpeg", "gif", "webp", "tif", "tiff", "bmp", "heic"},
    "th-code": {"xml", "json", "html", "htm", "eml"},
    "th-sheet": {"xls", "xlsx", "ods", "csv"},
    "th-zip": {"zip", "rar", "7z", "gz"},
}


@dataclass(frozen=True, slots=True)
class Clock:
    """The filters that need the zone."""

    zone: ZoneInfo

    def moment(self, at: datetime) -> str:
        """24/11/2026 09:12."""
        return f"{at.astimezone(self.zone):%d/%m/%Y %H:%M}"

    def day(self, at: datetime) -> str:
        """24/11/2026."""
        return f"{at.astimezone(self.zone):%d/%m/%Y}"

    def clock(self, at: datetime) -> str:
        """09:12."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def short_moment(self, at: datetime) -> str:
        """24/11 09:12."""
        return f"{at.astimezone(self.zone):%d/%m %H:%M}"

    def short_day(self, at: datetime) -> str:
        """24/11."""
        return f"{at.astimezone(self.zone):%d/%m}"

    def weekday(self, at: datetime, *, year: bool = False) -> str:
        """As sexta, 27/11, 18 h (with `year`: sexta, 27/11/2026, 18 h)."""
        local = at.astimezone(self.zone)
        on = f"{local:%d/%m/%Y}" if year else f"{local:%d/%m}"
        hour = f"{local.hour} h {local.minute:02}" if local.minute else f"{local.hour} h"
        return f"{WEEKDAYS[local.weekday()]}, {on}, {hour}"

    def long_day(self, at: datetime, now: datetime) -> str:
        """Segunda, 23/11/2026; the present day: Hoje, terça, 24/11/2026."""
        local = at.astimezone(self.zone)
        name = WEEKDAYS[local.weekday()]
        today = local.date() == now.astimezone(self.zone).date()
        return f"{f'Hoje, {name}' if today else name.capitalize()}, {local:%d/%m/%Y}"

    def near(self, at: datetime, now: datetime) -> str:
        """As hoje 10:44 · ontem 17:58 · 24/11 09:12 · 24/11/2025 09:12."""
        local, today = at.astimezone(self.zone), now.astimezone(self.zone)
        days = (today.date() - local.date()).days
        if days in {0, 1}:
            return f"{('hoje', 'ontem')[days]} {local:%H:%M}"
        return self.short_moment(at) if local.year == today.year else self.moment(at)

    def due(self, at: datetime, now: datetime) -> str:
        """A deadline's end: hoje 18:00 · amanhã 18:00 · 27/11 18:00 · 17/02/2027 18:00."""
        local, today = at.astimezone(self.zone), now.astimezone(self.zone)
        if (local.date() - today.date()).days == 1:
            return f"amanhã {local:%H:%M}"
        return self.near(at, now)

    def logged(self, value: object) -> str:
        """A value of the log, before or after: instants in local time, yes and no as words."""
        if value is None or value == "":
            return "—"
        if isinstance(value, bool):
            return "sim" if value else "não"
        if isinstance(value, str) and _INSTANT.match(value):
            return self.moment(datetime.fromisoformat(value))
        return str(value)

    def iso(self, at: datetime) -> str:
        """For `<time datetime>`, RFC 3339 with the local offset."""
        return at.astimezone(self.zone).isoformat(timespec="seconds")


def ago(at: datetime, now: datetime) -> str:
    """As há 5 s · há 3 min · há 2 h · há 4 d; the future and the present are "agora"."""
    passed = now - at
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (timedelta(seconds=1), "s")):
        if passed >= size:
            return f"há {passed // size} {unit}"
    return "agora"


def working_left(left: timedelta, *, long: bool = False, day: timedelta = SERVICE_DAY) -> str:
    """Working time to a deadline or, negative, past it, in service hours: 40 min, 7 h, 2 d.

    A day of service is `day`. What is left counts the day it ends on, what is late only whole
    days. `long`: 7 h úteis, 2 dias úteis.
    """
    size = abs(left)
    if size < HOUR:
        count, short, one, many = size // MINUTE, "min", "minuto útil", "minutos úteis"
    elif size < day:
        count, short, one, many = size // HOUR, "h", "h útil", "h úteis"
    else:
        days = size / day
        count = math.ceil(days) if left > timedelta() else math.floor(days)
        short, one, many = "d", "dia útil", "dias úteis"
    return f"{count} {one if count == 1 else many}" if long else f"{count} {short}"


def promised(days: int, unit: str, *, long: bool = False) -> str:
    """The promised days: 1 útil · 5 úteis · 30 corr.; `long`: 5 dias úteis, 30 dias corridos."""
    business = unit == "business"
    if long:
        word = ("útil" if days == 1 else "úteis") if business else ("corrido" + "s" * (days != 1))
        return f"{days} dia{'s' * (days != 1)} {word}"
    return f"{days} {('útil' if days == 1 else 'úteis') if business else 'corr.'}"


def day_name(at: date) -> str:
    """One day of a count: qui 19/11."""
    return f"{WEEKDAYS[at.weekday()][:3]} {at:%d/%m}"


def number(value: float, places: int = 0) -> str:
    """4.044; with `places`: 4,6."""
    text = f"{value:,.{places}f}"
    return text.translate(str.maketrans(",.", ".,"))


def money(value: float) -> str:
    """R$ 1.234,56."""
    return f"R$ {number(value, 2)}"


def size(count: int) -> str:
    """Bytes as people read them: 512 B, 96 KB, 1,2 MB."""
    if count < KIBI:
        return f"{count} B"
    if count < KIBI * KIBI:
        return f"{round(count / KIBI)} KB"
    return f"{number(count / KIBI / KIBI, 1).removesuffix(',0')} MB"


def document(text: str) -> str:
    """A CNPJ (letters allowed since 2026) or CPF with its mask; anything else as it is."""
    plain = re.sub(r"[^0-9A-Za-z]", "", text).upper()
    return format_document(plain) if len(plain) in {CPF_LENGTH, CNPJ_LENGTH} else text


def phone(text: str) -> str:
    """A Brazilian number with its mask, from E.164 or national digits; others as they are."""
    digits = re.sub(r"\D", "", text)
    if text.startswith("+55"):
        digits = digits.removeprefix("55")
    elif text.startswith("+"):
        return text
    if len(digits) == MOBILE_LENGTH:
        return f"({digits[:2]}) {digits[2:7]}-{digits[7:]}"
    if len(digits) == LANDLINE_LENGTH:
        return f"({digits[:2]}) {digits[2:6]}-{digits[6:]}"
    return text


def protocol(text: str, registration: str) -> Markup:
    """A protocol in readable groups: registration, date, sequence (other templates: as it is)."""
    parts = (text[:6], text[6:14], text[14:])
    if not (text.isdecimal() and parts[2] and parts[0] == registration.zfill(6)):
        return escape(text)
    gap = Markup('<span class="gp">{}</span>')
    return Markup("{}{}{}").format(parts[0], gap.format(parts[1]), gap.format(parts[2]))


def initials(name: str) -> str:
    """Ana Souza → AS, Luciana → L, nothing → "?"."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def file_kind(filename: str) -> str:
    """The word beside the size: PDF, XML; a file without suffix is an ARQUIVO."""
    return PurePath(filename).suffix[1:6].upper() or "ARQUIVO"


def thumb(filename: str) -> str:
    """The icon that stands for a file."""
    suffix = PurePath(filename).suffix[1:].lower()
    return next((name for name, suffixes in _THUMBS.items() if suffix in suffixes), "th-doc")


def paragraphs(text: str) -> Markup:
    """Plain text as safe HTML: blank lines part paragraphs, addresses of the web become links."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    blocks = (block for block in _PARAGRAPHS.split(text) if block.strip())
    return Markup("\n").join(Markup("<p>{}</p>").format(_lines(block)) for block in blocks)


def ended(name: str) -> str:
    """As the last word of a sentence: "Ltda." brings its own full stop."""
    return name if name.endswith(".") else f"{name}."


def cited(text: str) -> Markup:
    """`paragraphs`, with runs of lines that begin with `>` set apart as quotations: so answers
    written between the lines they answer stand out. The sign stays: it may mean "more than"."""
    runs = groupby(text.splitlines(), key=lambda line: line.startswith(">"))
    parts: list[Markup] = []
    for quoted, lines in runs:
        said = paragraphs("\n".join(lines))
        parts.append(Markup("<blockquote>{}</blockquote>").format(said) if quoted else said)
    return Markup("\n").join(part for part in parts if part)


def _lines(block: str) -> Markup:
    return Markup("<br>").join(_linked(line) for line in block.split("\n"))


def _linked(line: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for match in _LINK.finditer(line):
        url = match.group().rstrip(_TRAILING)
        parts.append(escape(line[end : match.start()]))
        parts.append(_ANCHOR.format(url))
        end = match.start() + len(url)
    return Markup().join([*parts, escape(line[end:])])


def filters(zone: ZoneInfo) -> dict[str, Callable[..., object]]:
    """Every filter of this module under its own name."""
    clock = Clock(zone)
    bound: tuple[Callable[..., object], ...] = (
        clock.moment,
        clock.day,
        clock.clock,
        clock.short_moment,
        clock.short_day,
        clock.weekday,
        clock.long_day,
        clock.near,
        clock.due,
        clock.logged,
        clock.iso,
    )
    free: tuple[Callable[..., object], ...] = (
        ago,
        working_left,
        promised,
        day_name,
        number,
        money,
        size,
        document,
        phone,
        initials,
        file_kind,
        thumb,
        paragraphs,
        cited,
        ended,
    )
    return {function.__name__: function for function in (*bound, *free)}
