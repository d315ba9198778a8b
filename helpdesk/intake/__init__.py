"""The one door in: every message of every channel becomes part of a protocol here, or is held.

`receive_many` loads with a fixed number of queries (`facts`), decides without a database
(`placing`), and writes in batches (`writing`). A batch that raises changed nothing: the caller
gives the messages again one by one, and only the guilty one is held.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from helpdesk import catalog
from helpdesk.border import Inbound, Receipt, Refusal
from helpdesk.intake import checking, contents, echoes, facts, placing, writing
from helpdesk.policy import Policy

__all__ = ["receive_many"]


def receive_many(
    session: Session, inbounds: Sequence[Inbound], policy: Policy, *, now: datetime
) -> list[Receipt | Refusal]:
    """Place every message; the answers stand in the order of the messages.

    Raises `Invalid` when a form's field is wrong, `NotVisible` when somebody logged in names a
    ticket or provider that is not theirs, and `Conflict` when the ticket was deleted; mail is never
    refused so, it is held (`Refusal`).
    """
    registers = catalog.load(session, policy)
    for inbound in inbounds:
        checking.check(inbound, registers)
    contents.lock(session, inbounds)
    answers: list[Receipt | Refusal] = []
    for batch in _rounds(inbounds):
        known = facts.load(session, batch, policy)
        plans = [placing.place(inbound, known, policy, registers, now) for inbound in batch]
        plans = echoes.damp(session, plans, now=now)
        answers += writing.carry_out(session, plans, known, registers, policy, now)
    return answers


def _rounds(inbounds: Sequence[Inbound]) -> Iterator[list[Inbound]]:
    """Cut where a message depends on one before it: the same content, or an answer to it."""
    batch: list[Inbound] = []
    seen: set[str] = set()
    for inbound in inbounds:
        references = set(inbound.mail.references) if inbound.mail else set[str]()
        names = {facts.content_key(inbound)}
        if inbound.mail and inbound.mail.message_id:
            names.add(inbound.mail.message_id)
        if seen & (references | names):
            yield batch
            batch, seen = [], set()
        batch.append(inbound)
        seen |= names
    if batch:
        yield batch
