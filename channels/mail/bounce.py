"""Delivery reports."""

from dataclasses import dataclass

from channels.mail.parse_mime import Part
from helpdesk.border import Bounced


@dataclass(frozen=True, slots=True)
class Report:
    bounces: tuple[Bounced, ...] = ()
    returned_ids: tuple[str, ...] = ()


def read(root: Part, reports: list[tuple[str, bytes]], text: str) -> Report:
    return Report()
