"""What the conversation wants, done with the verbs of the core; each want becomes one event."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from channels.bot import events
from channels.bot.events import Event, Want
from channels.bot.states import Option, Person, Provider
from channels.bot.steps import PAGE
from helpdesk import bots, catalog, intake, letters, logins, parameters, sessions
from helpdesk.border import (
    Actor,
    ActorKind,
    Address,
    Channel,
    File,
    Inbound,
    Outcome,
    Receipt,
)
from helpdesk.errors import Conflict, HelpdeskError, Invalid, NotVisible, Throttled
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from helpdesk.workflow import Situation

#: of the codes by e-mail: one sent to log in to the portal is worth nothing here
PURPOSE = "bot"
#: a long message in a chat hides the ones after it; the portal shows all of it
LONGEST_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Turn:
    """Where and by whom something is wanted. `key` is that of the event that led to it."""

    session: Session
    channel: Channel
    chat_id: str
    person: Person | None
    key: str
    policy: Policy
    now: datetime


def fulfil(turn: Turn, want: Want) -> Event:
    """Never raises what the core refuses: a refusal is an answer too."""
    try:
        # A refusal must not leave half a change in the transaction that stores the state.
        with turn.session.begin_nested():
            return _do(turn, want)
    except Throttled as error:
        return events.Throttled(error.seconds)
    except Invalid as error:
        first = error.errors[0]
        limit = dict(first.data).get("limit", 0)
        return events.Refused(first.code, first.field, limit if isinstance(limit, int) else 0)
    except NotVisible as error:
        return events.Refused("not_visible", error.what)
    except Conflict as error:
        return events.Refused(error.code)
    except HelpdeskError:
        return events.Refused("error")


def _do(turn: Turn, want: Want) -> Event:  # noqa: PLR0911 - one line a want
    match want:
        case events.SendCode(email):
            logins.send_code(turn.session, email, PURPOSE, turn.policy.keyring, now=turn.now)
            return events.CodeSent()
        case events.CheckCode(email, code):
            return _check_code(turn, email, code)
        case events.LoadClassifications():
            return _classifications(turn)
        case events.ListOpen(purpose, before):
            return _open_tickets(turn, purpose, before)
        case events.LoadTicket(reference, purpose):
            return _ticket(turn, reference, purpose)
        case events.Open():
            return _open(turn, want)
        case events.Complement(number, text, files):
            inbound = _inbound(turn, text, files, number=number)
            return _receive(turn, inbound)
        case events.Unbind():
            bots.unbind(turn.session, turn.channel, turn.chat_id, now=turn.now)
            return events.Unbound()


def _check_code(turn: Turn, email: str, code: str) -> Event:
    session, now = turn.session, turn.now
    found = logins.check_code(session, email, code, PURPOSE, turn.policy.keyring, now=now)
    if isinstance(found, logins.WrongCode):
        return events.CodeRefused(found.tries)
    speaker = bots.speaker(session, found)
    if speaker is None:
        return events.CodeAccepted(Person(found, "", ()))
    bots.bind(session, turn.channel, turn.chat_id, found, now=now)
    providers = tuple(Provider(*provider) for provider in speaker.providers)
    return events.CodeAccepted(Person(found, speaker.actor.name, providers))


def _classifications(turn: Turn) -> Event:
    registers = catalog.load(turn.session, turn.policy)
    providers = turn.person.providers if turn.person else ()
    if not any(parameters.contact_open(turn.session, provider.id) for provider in providers):
        return events.ClassificationsLoaded(())
    return events.ClassificationsLoaded(
        tuple(
            Option(
                c.code,
                c.name,
                tuple(Option(s.code, s.name) for s in registers.children(c.id, published=True)),
            )
            for c in registers.published()
        )
    )


def _open_tickets(turn: Turn, purpose: events.Purpose, before: int | None) -> Event:
    found = bots.open_tickets(turn.session, _actor(turn), before=before, limit=PAGE + 1)
    listed = tuple(
        events.Listed(t.number, t.protocol, t.title, answered=t.waiting_on == "provider")
        for t in found[:PAGE]
    )
    return events.TicketsListed(listed, purpose, more=len(found) > PAGE)


def _ticket(turn: Turn, reference: str, purpose: events.Purpose) -> Event:
    actor = _actor(turn)
    found = bots.conversation(turn.session, actor, reference)
    ticket = found.ticket
    if ticket.deleted_at is not None and purpose == "complement":
        return events.Refused("deleted")
    messages = tuple(
        events.Spoken(
            author=line.message.author_name,
            mine=line.message.author_kind == ActorKind.PERSON
            and line.message.author_id == actor.id,
            at=line.message.at,
            text=_shown(line.message.text),
            files=line.files,
        )
        for line in found.lines
    )
    return events.TicketLoaded(
        events.Ticket(
            number=ticket.number,
            protocol=ticket.protocol,
            title=ticket.title,
            status=found.status,
            closed=ticket.situation == Situation.CLOSED,
            opened_at=ticket.opened_at,
            due_at=ticket.due_at,
            link=_link(turn, ticket),
            messages=messages,
            earlier=found.earlier,
        ),
        purpose,
    )


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _link(turn: Turn, ticket: Ticket) -> str:
    return turn.policy.link(f"/fale-conosco/{letters.reference(ticket)}")


def _open(turn: Turn, want: events.Open) -> Event:
    inbound = _inbound(
        turn,
        want.text,
        want.files,
        title=want.title,
        provider_id=want.provider_id,
        classification=want.classification,
        subclassification=want.subclassification,
    )
    return _receive(turn, inbound)


def _inbound(
    turn: Turn,
    text: str,
    files: tuple[File, ...],
    *,
    number: int | None = None,
    title: str = "",
    provider_id: int | None = None,
    classification: str | None = None,
    subclassification: str | None = None,
) -> Inbound:
    person = turn.person
    return Inbound(
        channel=turn.channel,
        sender=Address(turn.channel, turn.chat_id, person.name if person else ""),
        text=text,
        arrival=turn.key,
        at=turn.now,
        title=title,
        number=number,
        provider_id=provider_id,
        person_id=person.id if person else None,
        classification=classification,
        subclassification=subclassification,
        files=files,
    )


def _receive(turn: Turn, inbound: Inbound) -> Event:
    (answer,) = intake.receive_many(turn.session, [inbound], turn.policy, now=turn.now)
    if not isinstance(answer, Receipt) or answer.number is None:
        return events.Refused("held")
    if inbound.number is not None and answer.outcome is not Outcome.OPENED:
        return events.Complemented(answer.number, answer.protocol)
    ticket = turn.session.get_one(Ticket, answer.number)
    return events.Opened(ticket.number, answer.protocol, ticket.due_at)


def _actor(turn: Turn) -> Actor:
    """Read anew in each turn: memberships end at once."""
    actor = sessions.person_actor(turn.session, turn.person.id) if turn.person else None
    if actor is None:
        raise NotVisible("person")
    return actor
