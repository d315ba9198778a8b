"""The trace of a match (helpdesk/matching.py) as one actor may read it.

A step of it may name a ticket other than the one that was chosen. To somebody who may not know of
such a ticket the trace reads as if it did not exist.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from helpdesk.matching import LAYERS

#: a step that names a ticket
_NAMES_TICKET = re.compile(rf"(?:{'|'.join(LAYERS)}|forged) ([0-9]{{1,18}})\b")


def ticket_of(step: object) -> int | None:
    """The ticket that a step names."""
    found = _NAMES_TICKET.match(str(step))
    return int(found[1]) if found else None


def named(trace: Iterable[object]) -> set[int]:
    """The tickets that the steps name."""
    return {number for step in trace if (number := ticket_of(step)) is not None}


def readable(trace: Iterable[object], known: Collection[int]) -> tuple[str, ...]:
    """The steps that name no ticket, or one of `known`."""
    return tuple(
        str(step) for step in trace if (number := ticket_of(step)) is None or number in known
    )


def shown(match: Mapping[str, Any] | None, known: Collection[int]) -> dict[str, Any] | None:
    """How a message was matched, its trace as `readable` says."""
    if match is None or "trace" not in match:
        return None if match is None else dict(match)
    return {**match, "trace": list(readable(match["trace"], known))}
