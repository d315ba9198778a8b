"""Giving out protocol numbers: distinct, gap-free, never reused, whoever opens at the same time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from helpdesk import parameters, protocol
from helpdesk.models import ProtocolDay, Ticket
from helpdesk.models.base import upsert
from helpdesk.policy import Policy


def assign(
    session: Session, numbers: Sequence[int], policy: Policy, *, now: datetime
) -> dict[int, str]:
    """Number the tickets, in order. The last statements before COMMIT: from here on every other
    opening of the day waits, and a rollback gives the sequence back."""
    if not numbers:
        return {}
    template = parameters.load(session).protocol_template or policy.protocol_template
    session.flush()  # nothing may follow that could fail while others wait
    day = policy.day(now)
    count = len(numbers)
    last = session.scalar(
        upsert(session, ProtocolDay)
        .values(day=day, last=count)
        .on_conflict_do_update(index_elements=["day"], set_={"last": ProtocolDay.last + count})
        .returning(ProtocolDay.last)
    )
    first = (last or count) - count + 1
    given = {
        number: protocol.render(template, policy.ans_registration, day, first + offset)
        for offset, number in enumerate(numbers)
    }
    session.execute(
        update(Ticket),
        [{"number": number, "protocol": text} for number, text in given.items()],
        execution_options={"synchronize_session": None},
    )
    return given
