"""Medians and percentiles of durations that are kept as counts of narrow parts."""

from collections.abc import Mapping
from dataclasses import dataclass

from helpdesk import tallies


@dataclass(frozen=True, slots=True)
class Spread:
    """Service minutes; None when nothing was measured."""

    count: int
    median: float | None
    p90: float | None


def spread(parts: Mapping[int, int]) -> Spread:
    """`parts`: first minute of each part to how many lie in it."""
    count = sum(parts.values())
    return Spread(count, _below(parts, count, 0.5), _below(parts, count, 0.9))


def _below(parts: Mapping[int, int], count: int, share: float) -> float | None:
    """Where that share of them ends, as if those of a part lay evenly in it."""
    rank, passed = share * count, 0
    for part in sorted(parts):
        n = parts[part]
        if n > 0 and passed + n >= rank:
            return part + tallies.width(part) * (rank - passed) / n
        passed += n
    return None
