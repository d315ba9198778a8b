"""Where an agent sends an answer, beyond the ticket's usable endpoints (DESIGN §4, Where the answer
goes): an address registered to the provider, or one the agent vouches for at that moment."""

from sqlalchemy.orm import Session

from helpdesk import access, endpoints, resending
from helpdesk.audit import Change
from helpdesk.border import Channel
from helpdesk.desk import Desk, log
from helpdesk.endpoints import NewEndpoint
from helpdesk.errors import FieldError, Invalid

#: states an agent may lift by vouching: who was let in to be read, who has not confirmed yet
VOUCHED = frozenset({"reading", "unconfirmed"})


def vouch(session: Session, desk: Desk, number: int, endpoint_id: int, *, ticked: bool) -> None:
    """Make an endpoint usable on the agent's word, which the log keeps. One that is usable already
    needs none. Raises `NotVisible`, `Forbidden`, and `Invalid`: field `vouched` without the tick,
    field `endpoint` for any other."""
    access.require(desk.actor, "ticket.reply")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    found = next((e for e in endpoints.of_ticket(session, number) if e.id == endpoint_id), None)
    if found is None or found.state not in endpoints.USABLE | VOUCHED:
        raise Invalid(FieldError("endpoint", "unknown"))
    if found.state in endpoints.USABLE:
        return
    if not ticked:
        raise Invalid(FieldError("vouched", "required"))
    found.state = "active"
    log(session, desk, ticket, "endpoint_confirmed", [Change("endpoint", None, found.address)])


def add_registered(session: Session, desk: Desk, number: int, address: str) -> int:
    """A mail address registered to the provider becomes an endpoint of the ticket; returns its id.
    Raises `NotVisible`, `Forbidden`, and `Invalid` for any other address."""
    access.require(desk.actor, "ticket.reply")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    if address not in resending.registered(session, ticket):
        raise Invalid(FieldError("endpoint", "unknown"))
    [endpoint_id] = endpoints.write(session, [NewEndpoint(number, Channel.MAIL, address)])
    log(session, desk, ticket, "endpoint_added", [Change("endpoint", None, address)])
    return endpoint_id
