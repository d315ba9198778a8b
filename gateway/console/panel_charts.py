"""The panel's pictures: the numbers of its tables, drawn."""

from collections.abc import Sequence

from markupsafe import Markup

from gateway.console import charts
from gateway.console.charts import Series, Span
from gateway.console.panel_tables import (
    HOUR,
    SERVICE_DAY,
    hours_shown,
    weekdays_shown,
)
from gateway.formats import WEEKDAYS, number
from gateway.labels import label
from helpdesk.panel import Backlog, Figures
from helpdesk.tallies import BANDS

#: bars that still can be told apart
MOST_BARS = 62


def pictures(figures: Figures) -> dict[str, Markup]:
    """By the name of their table; the groups are their own picture."""
    bars = _thinned(figures.backlogs)
    days = figures.days[:-1] if figures.is_running and len(figures.days) > 1 else figures.days
    columns, rows = hours_shown(figures), weekdays_shown(figures)
    return {
        "dias": charts.lines(
            _said(figures, "dias"),
            [f"{d.day:%d/%m}" for d in days],
            [
                Series("c2", label("closed", "panel"), [d.closed for d in days]),
                Series("c1", label("opened", "panel"), [d.opened for d in days]),
            ],
        ),
        "fila": charts.stacks(
            _said(figures, "fila"),
            [f"{b.day:%d/%m}" for b in bars],
            [
                Series(band, label(band, "panel_band"), [b.bands[band] for b in bars])
                for band in BANDS
            ],
        ),
        "tempos": charts.spans(
            _said(figures, "tempos"),
            [
                (label("first_hours", "panel"), "h", _spans(figures, "answer", HOUR)),
                (
                    label("resolution_days", "panel"),
                    "d",
                    _spans(figures, "resolution", SERVICE_DAY),
                ),
            ],
        ),
        "horas": charts.heat(
            _said(figures, "horas") + _peak(figures),
            [WEEKDAYS[n][:3] for n in rows],
            [f"{hour} h" for hour in columns],
            {
                (r, c): figures.hours.get((day, hour), 0)
                for r, day in enumerate(rows)
                for c, hour in enumerate(columns)
            },
        ),
    }


def bars(counts: Sequence[int]) -> list[Markup]:
    """One beside each other's count, as long as it is of the largest."""
    most = max(counts, default=0) or 1
    return [charts.bar(count / most) for count in counts]


def _said(figures: Figures, name: str) -> str:
    period = f"{figures.scope.first:%d/%m/%Y} a {figures.scope.last:%d/%m/%Y}"
    return label(f"said_{name}", "panel").format(period=period)


def _peak(figures: Figures) -> str:
    if not figures.hours:
        return ""
    (day, hour), count = max(figures.hours.items(), key=lambda item: item[1])
    said = label("said_peak", "panel")
    return " " + said.format(day=WEEKDAYS[day], hour=hour, count=number(count))


def _spans(figures: Figures, name: str, unit: int) -> list[Span]:
    found: list[Span] = []
    for stretch in figures.stretches:
        times = stretch.answer if name == "answer" else stretch.resolution
        middle, high = (v / unit if v is not None else None for v in (times.median, times.p90))
        found.append(Span(f"{stretch.first:%d/%m}", middle, high))
    return found


def _thinned(days: Sequence[Backlog]) -> Sequence[Backlog]:
    """Every so many days of a long period, the last one always."""
    step = -(-len(days) // MOST_BARS) or 1
    return days[(len(days) - 1) % step :: step] if days else days
