"""Charts as SVG, drawn here: numbers and words in, markup out. No script, no style of their own.

Each is one picture with a sentence that says it; what it shows stands in a table beside it, so
nothing inside it needs a name. Units are those of the picture, 620 wide.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gateway.formats import number

WIDTH = 620
#: the plot of the charts over days
LEFT, RIGHT, TOP, BOTTOM = 32.0, 500.0, 10.0, 160.0
HEIGHT = 184
#: words under an axis are no nearer than this
APART = 52.0
#: from one line of words to the next
LINE = 16.0
HEAT_LEVELS = ("h0", "h1", "h2", "h4")


@dataclass(frozen=True, slots=True)
class Series:
    """`mark` is the class that colours it (gateway/frontend/src/styles/console-charts.css)."""

    mark: str
    word: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Span:
    """A median and a 90th percentile; None draws nothing."""

    label: str
    middle: float | None
    high: float | None


def lines(said: str, labels: Sequence[str], series: Sequence[Series]) -> Markup:
    """One line a series over the days; the word of each stands at its end, with its last value."""
    top = ceiling(max((max(s.values, default=0) for s in series), default=0))
    places = _spaced(len(labels))
    parts = [*_rules(top), *_under(labels, places)]
    ends: list[tuple[float, Series]] = []
    for each in series:
        points = [(x, _height(v, top)) for x, v in zip(places, each.values, strict=True)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        parts.append(Markup('<path class="ln {}" d="M{}"/>').format(each.mark, path))
        if points:
            x, y = points[-1]
            dot = Markup('<circle class="dt {}" cx="{:.1f}" cy="{:.1f}" r="3"/>')
            parts.append(dot.format(each.mark, x, y))
            ends.append((y, each))
    parts += _ends(ends)
    return _picture(said, HEIGHT, parts)


def stacks(said: str, labels: Sequence[str], series: Sequence[Series]) -> Markup:
    """One bar a day, the first series at the bottom."""
    totals = [sum(values) for values in zip(*(s.values for s in series), strict=True)]
    top = ceiling(max(totals, default=0))
    step = (RIGHT - LEFT) / max(len(labels), 1)
    width = max(1.0, step * 0.7)
    centres = [LEFT + step * (n + 0.5) for n in range(len(labels))]
    parts = [*_rules(top), *_under(labels, centres)]
    for n, centre in enumerate(centres):
        base = BOTTOM
        for each in series:
            height = (BOTTOM - TOP) * each.values[n] / top
            if height:
                bar = Markup(
                    '<rect class="st {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
                )
                parts.append(
                    bar.format(each.mark, centre - width / 2, base - height, width, height)
                )
            base -= height
    base, ends = 0.0, list[tuple[float, Series]]()
    for each in series:
        last = each.values[-1] if each.values else 0
        ends.append((_height(base + last / 2, top), each))
        base += last
    parts += _ends(ends)
    return _picture(said, HEIGHT, parts)


def spans(said: str, panes: Sequence[tuple[str, str, Sequence[Span]]]) -> Markup:
    """Beside each other, at most two: title, unit and one bar a row from median to percentile."""
    rows = max((len(found) for _, _, found in panes), default=0)
    floor = 30 + 27 * max(rows, 1)
    parts: list[Markup] = []
    for n, (title, unit, found) in enumerate(panes):
        left = 330.0 * n
        top = ceiling(max((s.high or 0 for s in found), default=0))
        parts.append(_word("lb", left, 14, title))
        for k in range(5):
            x = left + 44 + 52 * k
            parts.append(_line(f"M{x:.1f} 30V{floor}"))
            parts.append(_word("ax", x, floor + 20, f"{_tick(top * k / 4)} {unit}", "middle"))
        for k, each in enumerate(found):
            parts += _span(left, 44 + 27 * k, each, top)
    return _picture(said, floor + 28, parts)


def heat(
    said: str, rows: Sequence[str], columns: Sequence[str], values: Mapping[tuple[int, int], int]
) -> Markup:
    """A cell for each row and column, darker for more; the count stands in it."""
    most = max(values.values(), default=0)
    width = (WIDTH - 41) / max(len(columns), 1)
    parts = [
        _word("ax", 40 + width * (n + 0.5), 12, word, "middle") for n, word in enumerate(columns)
    ]
    for r, word in enumerate(rows):
        y = 21 + 34.4 * r
        parts.append(_word("ax", 0, y + 20.2, word))
        for c in range(len(columns)):
            value = values.get((r, c), 0)
            x = 41 + width * c
            level = HEAT_LEVELS[min(3, math.floor(4 * value / (most + 1)))] if most else "h0"
            cell = Markup(
                '<rect class="ht {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="32.4" rx="3"/>'
            )
            parts.append(cell.format(level, x, y, width - 2))
            parts.append(_word(f"on-{level}", x + width / 2 - 1, y + 20.2, number(value), "middle"))
    return _picture(said, math.ceil(24 + 34.4 * len(rows)), parts)


def ceiling(most: float) -> float:
    """A round number the axis ends with, four whole steps from 0; at least 4."""
    if most <= 4:  # noqa: PLR2004 - the fewest steps
        return 4
    size = 10 ** math.floor(math.log10(most / 4))
    steps = (size * n for n in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10))
    return next(4 * step for step in steps if 4 * step >= most and step == int(step))


def _height(value: float, top: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / top


def _spaced(count: int) -> list[float]:
    step = (RIGHT - LEFT) / max(count - 1, 1)
    return [LEFT + step * n for n in range(count)]


def _rules(top: float) -> Iterator[Markup]:
    for n in range(5):
        y = _height(top * n / 4, top)
        yield _line(f"M{LEFT} {y:.1f}H{RIGHT}")
        yield _word("ax", LEFT - 8, y + 4, _tick(top * n / 4), "end")


def _under(labels: Sequence[str], places: Sequence[float]) -> Iterator[Markup]:
    """As many as have room, the last one always."""
    room = math.inf
    for label, x in reversed(list(zip(labels, places, strict=True))):
        if room - x >= APART:
            yield _word("ax", x, 178, label, "middle")
            room = x


def _ends(ends: list[tuple[float, Series]]) -> Iterator[Markup]:
    """Words at the right end, pushed apart so that none covers another."""
    placed: list[float] = []
    ordered = sorted(ends, key=lambda end: end[0])
    for y, _ in ordered:
        placed.append(max(y + 4, placed[-1] + LINE if placed else TOP + 4))
    # What was pushed under the axis is pushed back, the lowest first.
    room = BOTTOM
    for n in reversed(range(len(placed))):
        placed[n] = min(placed[n], room)
        room = placed[n] - LINE
    for below, (_, each) in zip(placed, ordered, strict=True):
        last = each.values[-1] if each.values else 0
        yield _word(f"lb {each.mark}", RIGHT + 12, below, f"{number(last)} {each.word}")


def _span(left: float, y: float, each: Span, top: float) -> Iterator[Markup]:
    yield _word("ax", left, y + 4, each.label)
    if each.middle is None or each.high is None:
        return
    start, end = (left + 44 + 208 * value / top for value in (each.middle, each.high))
    yield Markup('<path class="sp" d="M{:.1f} {}H{:.1f}"/>').format(start, y, end)
    yield Markup('<circle class="p50" cx="{:.1f}" cy="{}" r="5"/>').format(start, y)
    yield Markup('<circle class="p90" cx="{:.1f}" cy="{}" r="4"/>').format(end, y)


def _tick(value: float) -> str:
    return number(value, 0 if value == round(value) else 1)


def _line(path: str) -> Markup:
    return Markup('<path class="g" d="{}"/>').format(path)


def _word(mark: str, x: float, y: float, text: str, anchor: str = "") -> Markup:
    where = Markup(' text-anchor="{}"').format(anchor) if anchor else ""
    word = Markup('<text class="{}" x="{:.1f}" y="{:.1f}"{}>{}</text>')
    return word.format(mark, x, y, where, text)


def bar(share: float) -> Markup:
    """A horizontal bar beside its number, which says it all."""
    shape = '<svg class="bar-of" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
    return Markup(shape + '<rect width="{:.1f}" height="8"/></svg>').format(100 * share)  # noqa: S704 - a constant


def _picture(said: str, height: int, parts: Sequence[Markup]) -> Markup:
    picture = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>')
    return picture.format(WIDTH, height, said, Markup().join(parts))
