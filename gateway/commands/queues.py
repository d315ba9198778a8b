"""What waits: the outbox and the quarantine."""

from gateway.commands.instance import instance, say
from gateway.runtime import clock
from helpdesk import outbox, quarantine
from helpdesk.border import SYSTEM
from helpdesk.desk import Desk

#: rows of a list; what is more is older or newer than anybody reads here
MOST_ROWS = 200


def list_outbox() -> None:
    with instance() as (work, _):
        rows = work.read_now(outbox.listing, SYSTEM, limit=MOST_ROWS)
    for row in rows:
        ticket = "-" if row.number is None else str(row.number)
        when = row.not_before.isoformat(timespec="seconds")
        _line(
            row.id, row.state, row.channel, row.address, row.notice, f"ticket {ticket}",
            f"{row.attempts} tries", when, row.error,
        )  # fmt: skip


def retry_outbox(id: int) -> None:
    with instance() as (work, _):
        work.write_now(outbox.retry, SYSTEM, id, now=clock())
    say(f"{id} queued")


def list_quarantine() -> None:
    with instance() as (work, _):
        rows = work.read_now(quarantine.listing, SYSTEM, limit=MOST_ROWS)
    for row in rows:
        suggestion = "" if row.suggestion is None else f"perhaps ticket {row.suggestion}"
        when = row.received_at.isoformat(timespec="seconds")
        _line(row.public_id, when, row.sender, row.reason, row.subject, suggestion, row.detail)


def retry_quarantine(id: str) -> None:
    with instance() as (work, policy):
        work.write_now(quarantine.retry, Desk(SYSTEM, policy, clock()), id)
    say(f"{id} queued")


def _line(*cells: object) -> None:
    """Tabs between the cells, none inside: what came from outside cannot move a column."""
    say("\t".join(" ".join(str(cell).split()) for cell in cells).rstrip())
