"""An agent answers by mail (docs/decisions/0010-agents-by-mail.md).

The address of an agent never speaks for a provider, whatever is registered. What it sends is done
as the console would do it, with the agent's own permissions; what it may not do is held.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from helpdesk import matching, sessions, text, tickets
from helpdesk.border import HoldReason, Inbound, MailFacts, Outcome, Receipt, Refusal, Verdict
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Forbidden, HelpdeskError, Invalid, NotVisible
from helpdesk.intake import evidence
from helpdesk.intake.facts import Facts
from helpdesk.matching import SCORES, Hold, Layer
from helpdesk.models import Agent, Message, Ticket
from helpdesk.policy import Policy

#: what an agent writes to have the rest sent to the provider; without it, it is an internal note
REPLY_MARK = "#responder"
_MARKED = re.compile(rf"\s*{re.escape(REPLY_MARK)}(?![\w-])[ \t]*:?", re.IGNORECASE)
_IN_SUBJECT = re.compile(rf"{re.escape(REPLY_MARK)}(?![\w-])", re.IGNORECASE)
#: refusals of the verbs, by the reason to hold and the word in the trace
REFUSED: dict[type[HelpdeskError], tuple[HoldReason, str]] = {
    Forbidden: (HoldReason.NOT_A_PARTICIPANT, "forbidden"),
    NotVisible: (HoldReason.NOT_A_PARTICIPANT, "not-visible"),
    Conflict: (HoldReason.NOT_A_PARTICIPANT, "conflict"),
    Invalid: (HoldReason.UNREADABLE, "invalid"),
}


@dataclass(frozen=True, slots=True)
class Speaking:
    """An agent's note on a ticket, or (`public`) an answer to its provider."""

    inbound: Inbound
    agent: Agent
    ticket: Ticket
    layer: Layer
    public: bool
    text: str
    trace: tuple[str, ...]


def place(
    inbound: Inbound, mail: MailFacts, agent: Agent, facts: Facts, policy: Policy
) -> Speaking | Hold:
    """Believed when verified, or unverified with the token issued to this very agent."""
    named = list(_named(mail, agent, facts, policy))
    layer, ticket, own = named[0] if named else (None, None, False)
    trace = (
        f"verdict {inbound.verdict}",
        *(f"{found} {each.number}: agent" for found, each, _ in named),
    )
    claimed = evidence.claimed(mail, facts, policy)
    suggestion = ticket.number if ticket else next(iter(claimed), None)
    reason = matching.refused(inbound.verdict, policy.unverified, forged=_forged(mail, policy))
    if reason is None and ticket is not None and inbound.verdict is not Verdict.VERIFIED:
        reason = None if own else HoldReason.UNVERIFIED
    if reason is not None:
        return Hold(reason, suggestion, (*trace, f"agent {agent.login}: unverified"))
    if layer is None or ticket is None:
        return Hold(HoldReason.NOT_A_PARTICIPANT, None, (*trace, f"agent {agent.login}: no-ticket"))
    public, body = instruction(mail.subject, inbound.text)
    return Speaking(inbound, agent, ticket, layer, public, body, trace)


def instruction(subject: str, body: str) -> tuple[bool, str]:
    """Whether it goes to the provider, and what is left to say: `REPLY_MARK` begins the text, or
    stands in the subject."""
    marked = _MARKED.match(body)
    if marked is not None:
        return True, body[marked.end() :]
    return _IN_SUBJECT.search(subject) is not None, body


def say(session: Session, plan: Speaking, policy: Policy, *, now: datetime) -> Receipt | Refusal:
    """Do what the agent may do; what is refused has changed nothing and waits for a person."""
    actor = sessions.agent_actor(session, plan.agent.id)
    assert actor is not None  # the agent was loaded as an active one in this transaction
    desk = Desk(actor, policy, now)
    files = [file for file in plan.inbound.files if not file.inline]
    number = plan.ticket.number
    try:
        if plan.public:
            message_id = tickets.reply(session, desk, number, plan.text, files=files)
        else:
            message_id = tickets.note(session, desk, number, plan.text, files=files)
    except tuple(REFUSED) as error:
        reason, word = next(REFUSED[kind] for kind in REFUSED if isinstance(error, kind))
        trace = (*plan.trace, f"agent {plan.agent.login}: {word}")
        return Refusal(reason, "", number, trace)
    message = session.get_one(Message, message_id)
    message.raw_id, message.verdict = plan.inbound.raw_id, plan.inbound.verdict
    message.quoted = text.normalise(plan.inbound.quoted)
    message.match = {
        "layer": str(plan.layer),
        "score": SCORES.get(plan.layer, 100),
        "standing": "agent",
        "trace": list(plan.trace),
    }
    return Receipt(Outcome.COMPLEMENTED, number, plan.ticket.protocol, message_id)


def _named(
    mail: MailFacts, agent: Agent, facts: Facts, policy: Policy
) -> Iterator[tuple[Layer, Ticket, bool]]:
    """Layer, ticket, and whether the token was issued to this agent; strongest first."""
    keyring = policy.keyring
    told = [ref for token in mail.tokens if (ref := keyring.read_agent_token(token))]
    told.sort(key=lambda ref: ref.agent_id != agent.id)
    replied = [ref for token in mail.tokens if (ref := keyring.read_reply_token(token))]
    issued = [ref for r in reversed(mail.references) if (ref := keyring.read_message_id(r))]
    found = [(Layer.TOKEN, ref.number, ref.agent_id == agent.id) for ref in told]
    found += [(Layer.TOKEN, ref.number, False) for ref in replied]
    found += [(Layer.ISSUED_ID, ref.number, False) for ref in issued]
    numbers = [facts.protocols.get(each) for each in mail.protocols]
    found += [(Layer.SUBJECT_PROTOCOL, number, False) for number in numbers if number]
    for layer, number, own in found:
        ticket = evidence.existing(facts, number)
        if ticket is not None:
            yield layer, ticket, own


def _forged(mail: MailFacts, policy: Policy) -> bool:
    keyring = policy.keyring
    wrong = any(
        keyring.read_agent_token(token) is None and keyring.read_reply_token(token) is None
        for token in mail.tokens
    )
    return wrong or bool(mail.forged_ids)
