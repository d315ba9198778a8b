"""What other systems tell: a guide was issued."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.api import shapes
from gateway.api.bodies import GuideIssued
from gateway.api.call import Answer, Call
from gateway.api.problems import SENT, problems
from gateway.labels import label
from helpdesk import access, catalog, intake, parameters
from helpdesk.border import Address, Channel, Contact, Inbound, Receipt
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import Provider

LONGEST_GUIDE = 20


@post("/events/guide-issued", status_code=200, responses=problems(*SENT))
async def guide_issued(
    once: NamedDependency[Call], data: JSONBody[GuideIssued]
) -> Response[shapes.GuideAnswer]:
    """Open a ticket for the CRM, where the parameter says that one is used.

    The same guide of the same provider opens one ticket, however often it is told.
    """

    def verb(session: Session, desk: Desk) -> Answer:
        access.require(desk.actor, "ticket.open")
        if not parameters.load(session).use_crm:
            return Answer(200, shapes.GuideAnswer(opened=False, number=None, protocol=None))
        receipt = _open(session, desk, data)
        answer = shapes.GuideAnswer(opened=True, number=receipt.number, protocol=receipt.protocol)
        return Answer(200, answer)

    return await once.act(verb)


def _open(session: Session, desk: Desk, data: GuideIssued) -> Receipt:
    provider = session.scalar(
        select(Provider).where(Provider.code == data.provider, Provider.active)
    )
    guide = data.guide.strip()
    wrong: list[FieldError] = []
    if provider is None:
        wrong.append(FieldError("provider", "unknown"))
    if not guide:
        wrong.append(FieldError("guide", "required"))
    elif len(guide) > LONGEST_GUIDE:
        wrong.append(FieldError("guide", "too_long", (("limit", LONGEST_GUIDE),)))
    if wrong or provider is None:
        raise Invalid(*wrong)
    contact = Contact(provider.name[:100], provider.phone, provider.email)
    if data.contact is not None:
        contact = Contact(data.contact.name, data.contact.phone, data.contact.email)
    inbound = Inbound(
        channel=Channel.API,
        sender=Address(Channel.API, f"agent:{desk.actor.id}", desk.actor.name),
        text=data.text or label("guide_text", "event").format(guide=guide),
        arrival=f"guide:{provider.id}:{guide}",
        at=desk.now,
        title=label("guide_title", "event").format(guide=guide),
        provider_id=provider.id,
        agent_id=desk.actor.id,
        classification=data.classification or catalog.TRIAGE,
        subclassification=data.subclassification,
        contact=contact,
    )
    receipt = intake.receive_many(session, [inbound], desk.policy, now=desk.now)[0]
    assert isinstance(receipt, Receipt), "only mail is held"
    return receipt
