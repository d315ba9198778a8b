"""What waits: the outbox and the quarantine."""

from gateway.commands.instance import fail, instance, say, settings
from gateway.runtime import Runtime, build, clock
from helpdesk import held, laboratory, outbox, quarantine
from helpdesk.border import SYSTEM, Actor, ActorKind, Inbound
from helpdesk.desk import Desk
from helpdesk.models import InboundRaw

#: rows of a list; what is more is older or newer than anybody reads here
MOST_ROWS = 200
#: whoever sits at the machine is of no group: a terminal names no secret ticket
ANYBODY = Actor(ActorKind.AGENT, name="ponte", permissions=frozenset({"*"}))


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
        found = work.read_now(held.listing, ANYBODY, held.Asked(), limit=MOST_ROWS)
    for each in found:
        row, known = each.row, each.suggestion
        suggestion = "" if known is None else f"perhaps ticket {known.number}"
        when = row.received_at.isoformat(timespec="seconds")
        _line(row.public_id, when, row.sender, each.reason, row.subject, suggestion, row.detail)


def show_quarantine(id: str) -> None:
    with instance() as (work, _):
        found, raw = work.read_now(held.get, ANYBODY, id)
    row, known = found.row, found.suggestion
    facts: list[tuple[str, object]] = [
        ("id", row.public_id),
        ("received", row.received_at.isoformat(timespec="seconds")),
        ("mailbox", row.mailbox),
        ("from", row.sender),
        ("subject", row.subject),
        ("state", row.state),
        ("reason", found.reason),
        ("detail", row.detail),
        ("suggestion", known and f"ticket {known.number} {known.protocol or ''}"),
        ("arrival", raw and f"{raw.id} {raw.arrival}"),
        *(("trace", line) for line in found.trace),
    ]
    for name, value in facts:
        if value:
            _line(name, value)


def retry_quarantine(id: str) -> None:
    with instance() as (work, policy):
        work.write_now(quarantine.retry, Desk(SYSTEM, policy, clock()), id)
    say(f"{id} queued")


def replay_arrival(raw_id: int) -> None:
    """Understood by the channel as it is configured: with its addresses, and its resolver."""
    with instance() as (work, policy):
        raw = work.read_now(laboratory.get, SYSTEM, raw_id).raw
        runtime = build(settings())
        try:
            read = _understood(runtime, raw)
        finally:
            runtime.close()
        desk = Desk(SYSTEM, policy, clock())
        done = work.write_now(laboratory.replay, desk, raw_id, read)
    say(f"{raw_id} {done}")


def _understood(runtime: Runtime, raw: InboundRaw) -> Inbound:
    readers = (c.understand for c in runtime.channels.values() if c.understand is not None)
    understand = next(readers, None)
    if understand is None:
        fail("No channel takes mail: set PONTE_MAIL__ADDRESS.")
    return understand(raw, runtime.blobs.get(raw.sha256))


def _line(*cells: object) -> None:
    """Tabs between the cells, none inside: what came from outside cannot move a column."""
    say("\t".join(" ".join(str(cell).split()) for cell in cells).rstrip())
