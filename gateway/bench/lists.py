"""The lists that are measured: each filter alone by each order, and the combinations on file."""

import itertools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from helpdesk.filters import Filter
from helpdesk.grid import KEYS, Order

#: kept with the tests: an installation without them has the single filters only
COMBINATIONS = Path(__file__).parents[2] / "tests" / "bench" / "grid.toml"
#: days a list is asked for: the last month, a month years ago, a day
RECENT = {"opened_from": date(2026, 10, 25), "opened_to": date(2026, 11, 24)}
PAST = {"opened_from": date(2024, 3, 1), "opened_to": date(2024, 3, 31)}
DAY = {"opened_from": date(2026, 11, 20), "opened_to": date(2026, 11, 20)}
SINGLE: tuple[dict[str, Any], ...] = (
    {},
    *({"situation": each} for each in ("open", "closed", "pending_profile", "pending_agent")),
    *({"deadline": each} for each in ("expired", "attention", "within")),
    *({"classification": (each,)} for each in ("GLO", "OPM")),
    *({"subclassification": (each,)} for each in ("GLO.1", "INT.2")),
    {"reason": ("GLO.1.1",)},
    *({"status": (each,)} for each in ("ABE", "EPR")),
    *({"sector": (each,)} for each in ("CTM", "OUV")),
    *({"provider": (each,)} for each in ("B00000", "B00049")),
    *({"assignee": (each,)} for each in ("ana", "agente13")),
    *({"channel": (each,)} for each in ("mail", "telegram", "in_person")),
    RECENT,
    PAST,
    DAY,
)


@dataclass(frozen=True, slots=True)
class List:
    name: str
    filter: Filter
    order: Order


def single() -> Iterator[List]:
    for chosen, key, descending in itertools.product(SINGLE, KEYS, (False, True)):
        said = " ".join(f"{k}={v}" for k, v in chosen.items()) or "all"
        name = f"{said} by {key}{' desc' if descending else ''}"
        yield List(name, Filter(**chosen), Order(key, descending))


def combined(path: Path = COMBINATIONS) -> Iterator[List]:
    if not path.exists():
        return
    for each in tomllib.loads(path.read_text(encoding="utf-8"))["list"]:
        chosen: dict[str, Any] = {name: _plain(v) for name, v in each["filter"].items()}
        yield List(
            each["name"], Filter(**chosen), Order(each["order"], each.get("descending", False))
        )


def _plain(value: Any) -> Any:
    """Codes of a filter are a tuple."""
    return tuple[str, ...](value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType]
