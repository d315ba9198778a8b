"""The demo's past: providers, agents and conversations, made by the same verbs as real ones."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.demo import surveys
from helpdesk import closing, intake, registers, routing, sessions, text, tickets
from helpdesk.arrivals import Arrival
from helpdesk.border import Address, Channel, Contact, Inbound, MailFacts, Receipt, Verdict
from helpdesk.desk import Desk
from helpdesk.errors import HelpdeskError
from helpdesk.inbound import Stored
from helpdesk.models import Agent, KnownAddress, Person, Provider, Ticket
from helpdesk.policy import Policy
from helpdesk.ports import BlobStore

STORY = Path(__file__).parent / "story.json"
#: service hours
OPENS, CLOSES = 8, 18
#: everybody's password in the demo; it listens on loopback only
PASSWORD = "ponte-demo"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Cast:
    """Log-ins to print: agents by login, people by e-mail."""

    agents: list[tuple[str, str]]
    people: list[tuple[str, str, str]]


def load() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(STORY.read_text(encoding="utf-8"))
    return read


def is_told(session: Session) -> bool:
    return bool(session.scalar(select(func.count()).select_from(Ticket)))


def tell(session: Session, policy: Policy, now: datetime) -> None:
    """Fill an empty instance, in the order of time."""
    story = load()
    hashed = PasswordHasher().hash(PASSWORD)
    for agent in story["agents"]:
        registers.add_agent(
            session,
            agent["login"],
            agent["name"],
            agent["email"],
            hashed,
            now=now,
            profile=agent["profile"],
            sector=agent["sector"],
        )
    for provider in story["providers"]:
        row = registers.ProviderRow(**provider)
        registers.upsert_provider(session, row, now=now)
    _people(session, story, hashed, now)
    chief = session.scalars(select(Agent.id).where(Agent.login == "admin")).one()
    actor = sessions.agent_actor(session, chief)
    assert actor is not None, "the story has an admin"
    surveys.register(session, Desk(actor, policy, now), story["surveys"])
    happenings: list[tuple[datetime, Callable[[], None]]] = []
    for conversation in story["conversations"]:
        _Telling(session, policy, conversation, now).plan(happenings)
    for _, happen in sorted(happenings, key=lambda pair: pair[0]):
        happen()


def strangers(blobs: BlobStore, policy: Policy, now: datetime) -> list[Stored]:
    """Raw mails of people nobody knows: the applier will hold them in quarantine."""
    stored: list[Stored] = []
    for n, told in enumerate(load()["held"]):
        mail = EmailMessage()
        mail["From"], mail["To"] = told["from"], policy.mail_address or ""
        mail["Subject"], mail["Date"] = told["subject"], format_datetime(now)
        mail["Message-ID"] = make_msgid(domain="provedor.example")
        mail.set_content(told["text"])
        raw = mail.as_bytes()
        arrival = Arrival(f"demo:{n}", raw, now, mailbox=policy.mail_address)
        stored.append(Stored(arrival, blobs.put(raw), len(raw), f"demo:{n}"))
    return stored


def cast(session: Session) -> Cast:
    people = session.execute(
        select(Person.email, Person.name, Provider.name)
        .join(KnownAddress, KnownAddress.person_id == Person.id)
        .join(Provider, Provider.id == KnownAddress.provider_id)
        .order_by(Provider.code, Person.id)
    )
    return Cast(
        agents=list(session.execute(select(Agent.login, Agent.name).order_by(Agent.id)).tuples()),
        people=list(people.tuples()),
    )


def _people(session: Session, story: dict[str, Any], hashed: str, now: datetime) -> None:
    """The first person of a provider gets its registered address, the others one of their own."""
    seen: set[tuple[str, str]] = set()
    for conversation in story["conversations"]:
        key = (conversation["provider"], conversation["person"])
        if key in seen:
            continue
        first = all(code != key[0] for code, _ in seen)
        seen.add(key)
        provider = session.scalar(select(Provider).where(Provider.code == key[0]))
        if provider is None:
            continue
        domain = provider.email.partition("@")[2]
        local = text.sort_name(key[1]).replace(" ", ".")
        email = provider.email if first else f"{local}@{domain}"
        role = "manager" if first else "member"
        person = registers.add_person(session, provider, key[1], email, role=role)
        person.password_hash, person.invited_at, person.phone = hashed, now, provider.phone
        row = registers.ProviderRow(code=provider.code, email=email, person=key[1])
        registers.upsert_provider(session, row, now=now)


class _Telling:
    """One conversation: its opening and its steps, each at its own past moment."""

    def __init__(
        self, session: Session, policy: Policy, told: dict[str, Any], now: datetime
    ) -> None:
        self._session, self._policy, self._told, self._now = session, policy, told, now
        self._number = 0
        self._mail_id = make_msgid(domain="prestador.example")

    def plan(self, happenings: list[tuple[datetime, Callable[[], None]]]) -> None:
        opened = self._moment()
        happenings.append((opened, lambda: self._open(opened)))
        for step in self._told["steps"]:
            at = self._at_work(opened + timedelta(hours=step["after_hours"]))
            if at < self._now:
                happenings.append((at, lambda step=step, at=at: self._step(step, at)))

    def _moment(self) -> datetime:
        day = self._policy.day(self._now) - timedelta(days=self._told["days_ago"])
        clock = time.fromisoformat(self._told["at"])
        return datetime.combine(day, clock, self._policy.zone).astimezone(UTC)

    def _at_work(self, at: datetime) -> datetime:
        """The story says "some hours later"; people answer in service hours."""
        local = at.astimezone(self._policy.zone)
        if local.hour < OPENS:
            local = local.replace(hour=OPENS)
        elif local.hour >= CLOSES:
            local = (local + timedelta(days=1)).replace(hour=OPENS)
        return local.astimezone(UTC)

    def _open(self, at: datetime) -> None:
        message = self._inbound(self._told["text"], at, title=self._told["title"])
        answer = intake.receive_many(self._session, [message], self._policy, now=at)[0]
        assert isinstance(answer, Receipt), answer
        self._number = answer.number or 0

    def _inbound(
        self, text: str, at: datetime, *, title: str = "", number: int | None = None
    ) -> Inbound:
        provider = self._one(select(Provider).where(Provider.code == self._told["provider"]))
        person = self._one(
            select(Person)
            .join(KnownAddress, KnownAddress.person_id == Person.id)
            .where(KnownAddress.provider_id == provider.id, Person.name == self._told["person"])
        )
        channel = Channel(self._told["channel"])
        is_mail = channel is Channel.MAIL
        value = person.email if is_mail else f"person:{person.id}"
        mail = MailFacts(
            message_id=self._mail_id if number is None else make_msgid(domain="prestador.example"),
            subject=title or f"Re: {self._told['title']}",
            references=() if number is None else (self._mail_id,),
            mailbox=self._policy.mail_address,
        )
        return Inbound(
            channel=channel,
            sender=Address(channel, value, person.name),
            text=text,
            arrival=f"demo:{self._told['title'][:40]}:{at.timestamp():.0f}",
            at=at,
            title=title,
            number=None if is_mail else number,
            provider_id=provider.id,
            person_id=person.id,
            classification=self._told["classification"],
            subclassification=self._told["subclassification"],
            contact=Contact(person.name, provider.phone, person.email),
            verdict=Verdict.VERIFIED,
            mail=mail if is_mail else None,
        )

    def _step(self, step: dict[str, Any], at: datetime) -> None:
        if step["do"] == "complement":
            message = self._inbound(step["text"], at, number=self._number)
            intake.receive_many(self._session, [message], self._policy, now=at)
            return
        agent = self._one(select(Agent).where(Agent.login == step["agent"]))
        actor = sessions.agent_actor(self._session, agent.id)
        assert actor is not None, step
        desk = Desk(actor, self._policy, at)
        # Somebody else may still hold the ticket at that hour; the story goes on without them.
        for held in self._session.scalars(select(Ticket).where(Ticket.number == self._number)):
            held.claimed_by = held.claimed_until = None
        STEPS[step["do"]](self._session, desk, self._number, step)

    def _one(self, query: Any) -> Any:
        found = self._session.scalar(query)
        if found is None:
            msg = f"the story names somebody unknown: {self._told['title']}"
            raise HelpdeskError(msg)
        return found


Step = Callable[[Session, Desk, int, dict[str, Any]], object]
STEPS: dict[str, Step] = {
    "claim": lambda s, desk, number, _: tickets.claim(s, desk, number),
    "reply": lambda s, desk, number, step: tickets.reply(s, desk, number, step["text"]),
    "note": lambda s, desk, number, step: tickets.note(s, desk, number, step["text"]),
    "pending": lambda s, desk, number, step: tickets.pending(
        s, desk, number, body=step.get("text", "")
    ),
    "forward": lambda s, desk, number, step: routing.forward(
        s, desk, number, note=step["text"], sector=step["sector"]
    ),
    "close": lambda s, desk, number, step: closing.close(
        s, desk, number, status=step["status"], body=step["text"]
    ),
    "survey": surveys.fill,
}
