"""Which rows hold a subject's data: looked up once, then counted, exported or erased."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, union
from sqlalchemy.orm import Session

from helpdesk import survey_rules
from helpdesk.border import ActorKind
from helpdesk.models import (
    AskedItem,
    Attachment,
    Binding,
    BotState,
    ChatLine,
    Delivery,
    Draft,
    Endpoint,
    Held,
    InboundRaw,
    KnownAddress,
    Log,
    LoginCode,
    Membership,
    Message,
    Outbox,
    Passkey,
    Person,
    ProviderDomain,
    Rating,
    Reading,
    RecoveryCode,
    SurveyAnswer,
    Ticket,
    Totp,
    Upload,
)
from helpdesk.models import Session as Login
from helpdesk.privacy import mentions
from helpdesk.privacy.among import any_of
from helpdesk.privacy.subject import Subject, folded

#: actions of the log that hold the answers of a survey form
SURVEYED = ("survey_answered", "survey_corrected")
#: chats of the portal are named after the person
PORTAL_CHAT = "person:"
#: what is shorter stands in too many other words to be looked for
SHORTEST_WORD = 5


@dataclass(frozen=True, slots=True)
class Scope:
    """`rows`: ids by place (`helpdesk.privacy.places`). `words`: what identifies the subject, as it
    may stand in notes and in the log. `blobs`: bytes that only these rows name."""

    rows: dict[str, tuple[Any, ...]] = field(default_factory=dict[str, tuple[Any, ...]])
    words: tuple[str, ...] = ()
    blobs: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        return {place: len(ids) for place, ids in self.rows.items() if ids}

    def of(self, place: str) -> tuple[Any, ...]:
        return self.rows.get(place, ())


def find(session: Session, subject: Subject) -> Scope:
    """Every row of every place. Reads as much as the subject has, and the small tables whole."""
    return _Finder(session, subject).found()


class _Finder:
    """The queries share what the ones before them found; nothing outlives `found`."""

    def __init__(self, session: Session, subject: Subject) -> None:
        self.session, self.subject = session, subject
        self.persons, self.addresses = subject.persons, subject.addresses
        self.whole = set(subject.whole)
        self.rows: dict[str, tuple[Any, ...]] = {}
        self.chats: tuple[str, ...] = ()
        self.numbers: list[int] = []
        self.titles: set[str] = set()

    def found(self) -> Scope:
        words = self._who()
        self._tickets()
        words |= self._said()
        self._on_the_way(words)
        self._noted(words)
        return Scope(self.rows, tuple(sorted(words)), self._blobs())

    def _ids(self, column: Any, *conditions: ColumnElement[bool]) -> tuple[Any, ...]:
        """Each condition by itself: together they would lead to no index."""
        found: set[Any] = set()
        for condition in conditions:
            found.update(self.session.scalars(select(column).where(condition)))
        return tuple(sorted(found))

    def _in(self, column: Any, values: Collection[Any]) -> ColumnElement[bool]:
        return any_of(self.session, column, values)

    def _is(self, column: Any) -> ColumnElement[bool]:
        return any_of(self.session, func.lower(column), self.addresses)

    def _who(self) -> set[str]:
        """The person, its addresses and ways in."""
        persons = self.persons
        self.rows |= {
            "person": persons,
            "membership": self._ids(Membership.id, self._in(Membership.person_id, persons)),
            "known_address": self._ids(
                KnownAddress.id,
                self._in(KnownAddress.person_id, persons),
                self._is(KnownAddress.value),
            ),
            "asked_domain": self._ids(ProviderDomain.id, self._is(ProviderDomain.asked)),
            "session": self._ids(
                Login.id, and_(Login.kind == "person", self._in(Login.subject_id, persons))
            ),
            "login_code": self._ids(
                LoginCode.id,
                self._in(LoginCode.person_id, persons),
                self._is(LoginCode.address),
            ),
            "totp": self._ids(
                Totp.subject_id, and_(Totp.kind == "person", self._in(Totp.subject_id, persons))
            ),
            "passkey": self._ids(Passkey.id, self._in(Passkey.person_id, persons)),
            "recovery_code": self._ids(
                RecoveryCode.id,
                and_(RecoveryCode.kind == "person", self._in(RecoveryCode.subject_id, persons)),
            ),
            "binding": self._ids(Binding.id, self._in(Binding.person_id, persons)),
            "draft": self._ids(
                Draft.id, and_(Draft.owner_kind == "person", self._in(Draft.owner_id, persons))
            ),
            "upload": self._ids(
                Upload.id, and_(Upload.owner_kind == "person", self._in(Upload.owner_id, persons))
            ),
            "reading": tuple(
                sorted(set(self._ids(Reading.person_id, self._in(Reading.person_id, persons))))
            ),
        }
        self.chats = tuple(
            dict.fromkeys(
                [
                    *(f"{PORTAL_CHAT}{person}" for person in persons),
                    *self._ids(Binding.chat_id, self._in(Binding.person_id, persons)),
                ]
            )
        )
        self.rows["chat_line"] = self._ids(ChatLine.id, self._in(ChatLine.chat_id, self.chats))
        self.rows["bot_state"] = self._ids(BotState.chat_id, self._in(BotState.chat_id, self.chats))
        names = self.session.scalars(select(Person.name).where(self._in(Person.id, persons)))
        return {w for w in (*names, *self.addresses) if len(w) >= SHORTEST_WORD}

    def _tickets(self) -> None:
        """Where they can be reached, and which tickets are about them."""
        self.rows["endpoint"] = self._ids(
            Endpoint.id,
            self._in(Endpoint.person_id, self.persons),
            self._is(Endpoint.address),
            self._in(Endpoint.number, self.whole),
        )
        opened = and_(
            Ticket.opened_kind == ActorKind.PERSON, self._in(Ticket.opened_id, self.persons)
        )
        served = select(Membership.provider_id).where(self._in(Membership.person_id, self.persons))
        about = union(
            select(Endpoint.number).where(self._in(Endpoint.id, self.rows["endpoint"])),
            select(Ticket.number).where(opened, Ticket.provider_id.in_(served)),
            select(Ticket.number).where(self._is(Ticket.contact_email)),
        )
        self.numbers = sorted({*self.session.scalars(about), *self.whole})
        near = self._in(Ticket.number, self.numbers)
        theirs = or_(opened, self._is(Ticket.contact_email))
        self.rows["opener"] = self._ids(
            Ticket.number, and_(near, or_(opened, self._in(Ticket.number, self.whole)))
        )
        self.rows["contact"] = self._ids(
            Ticket.number, and_(near, or_(theirs, self._in(Ticket.number, self.whole)))
        )
        self.rows["title"] = self.rows["contact"] if self.subject.texts else ()

    def _said(self) -> set[str]:
        """Their messages, and everything in a ticket that goes as a whole."""
        theirs = or_(
            and_(
                Message.author_kind == ActorKind.PERSON, self._in(Message.author_id, self.persons)
            ),
            and_(
                Message.direction == "inbound", self._in(Message.endpoint_id, self.rows["endpoint"])
            ),
        )
        mine = self._ids(
            Message.id,
            and_(self._in(Message.number, self.numbers), theirs),
            self._in(Message.number, self.whole),
        )
        said = mine if self.subject.texts else ()
        self.rows |= {
            "author": mine,
            "message": said,
            "attachment": self._ids(Attachment.id, self._in(Attachment.message_id, said)),
            "asked_item": self._ids(AskedItem.id, self._in(AskedItem.number, self.whole)),
        }
        columns = (
            Ticket.contact_name, Ticket.contact_phone, Ticket.contact_email, Ticket.opened_name
        )  # fmt: skip
        # Of a ticket that goes as a whole nobody is looked for anywhere else.
        about = sorted({*self.rows["contact"]} - self.whole)
        self.titles = self._words((Ticket.title, Ticket.subject), self.rows["title"])
        return self._words(columns, about)

    def _words(self, columns: Sequence[Any], numbers: Collection[int]) -> set[str]:
        query = select(*columns).where(self._in(Ticket.number, numbers))
        told = {value for row in self.session.execute(query) for value in row if value}
        return {word for word in told if len(word) >= SHORTEST_WORD}

    def _on_the_way(self, words: Collection[str]) -> None:
        """Raw mail, held messages, notices and how they fared."""
        of_messages = self._ids(
            Message.raw_id,
            and_(self._in(Message.id, self.rows["message"]), Message.raw_id.is_not(None)),
        )
        held_raws = self._ids(Held.raw_id, and_(self._is(Held.sender), Held.raw_id.is_not(None)))
        self.rows["raw"] = self._ids(
            InboundRaw.id,
            self._in(InboundRaw.id, {*of_messages, *held_raws}),
            self._is(InboundRaw.envelope_from) if self.subject.texts else false(),
            self._in(InboundRaw.number, self.whole),
        )
        self.rows["held"] = self._ids(
            Held.id, self._is(Held.sender), self._in(Held.raw_id, self.rows["raw"])
        )
        self.rows["outbox"] = self._ids(
            Outbox.id,
            self._is(Outbox.address),
            and_(Outbox.channel != "web", self._in(Outbox.address, self.chats)),
            self._in(Outbox.endpoint_id, self.rows["endpoint"]),
            self._in(Outbox.number, self.whole),
        )
        self.rows["delivery"] = self._ids(
            Delivery.id,
            and_(
                self._in(Delivery.number, self.numbers),
                or_(
                    self._is(Delivery.recipient),
                    self._in(Delivery.recipient, self.chats),
                    # The portal's has a name instead of an address.
                    self._in(func.lower(Delivery.recipient), [folded(word) for word in words]),
                    self._in(Delivery.outbox_id, self.rows["outbox"]),
                ),
            ),
            self._in(Delivery.number, self.whole),
        )

    def _noted(self, words: Collection[str]) -> None:
        """What others wrote about them, by the words that identify them."""
        gone = {*self.rows["message"]}
        named = mentions.Named(self.persons, self.numbers, self.whole, words, self.titles)
        rows = mentions.found(self.session, named)
        self.rows |= rows | {
            "mention": tuple(m for m in rows["mention"] if m not in gone),
            "rating": self._ids(Rating.id, self._in(Rating.number, self.rows["contact"])),
            "survey_answer": self._ids(
                SurveyAnswer.id,
                and_(
                    self._in(SurveyAnswer.number, self.rows["title"]),
                    SurveyAnswer.kind.in_(survey_rules.FREE),
                ),
            ),
        }
        # The log holds what was answered, too, whoever it names.
        told = self._ids(
            Log.id, and_(Log.action.in_(SURVEYED), self._in(Log.number, self.rows["title"]))
        )
        self.rows["log_private"] = tuple(sorted({*self.rows["log_private"], *told}))

    def _blobs(self) -> tuple[str, ...]:
        attached = self._ids(Attachment.sha256, self._in(Attachment.id, self.rows["attachment"]))
        raw = self._ids(InboundRaw.sha256, self._in(InboundRaw.id, self.rows["raw"]))
        return tuple(sorted({*attached, *raw} - {""}))
