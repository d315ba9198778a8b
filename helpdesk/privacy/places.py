"""Every place that holds something of a person, and what is left there afterwards.

A column that holds text and stands neither here nor among what is impersonal fails a test
(`tests/helpdesk/privacy/test_places.py`): nobody adds one without saying what becomes of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, literal

from helpdesk.models import (
    Alert,
    AskedItem,
    Attachment,
    Binding,
    BotState,
    ChatLine,
    Delivery,
    Draft,
    Endpoint,
    GlassBreak,
    Held,
    Idempotency,
    InboundRaw,
    KnownAddress,
    LoginCode,
    LogPrivate,
    Membership,
    Message,
    Outbox,
    Passkey,
    Person,
    ProviderDomain,
    Rating,
    Reading,
    RecoveryCode,
    SavedView,
    SurveyAnswer,
    Throttle,
    Ticket,
    Totp,
    Upload,
)
from helpdesk.models import Session as Login
from helpdesk.text import sort_name


@dataclass(frozen=True, slots=True)
class Words:
    """What stands where a name or a title stood; from the labels, because it is read on screens."""

    name: str
    title: str


Left = Callable[[Words, datetime], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """`left`: the columns afterwards; None when the row goes."""

    name: str
    table: Any
    key: Any
    left: Left | None = None


def _erased(key: Any, prefix: str = "", suffix: str = "") -> Any:
    """Unique where it has to be, and no address of anybody (RFC 2606 §2)."""
    return literal(prefix) + cast(key, String) + literal(suffix)


def _title(words: Words, now: datetime) -> dict[str, Any]:
    return {
        "title": words.title,
        "sort_title": sort_name(words.title),
        "subject": None,
        "erased_at": now,
    }


def _held(_: Words, now: datetime) -> dict[str, Any]:
    """What nobody may read is nothing to decide about."""
    return {
        "sender": "", "subject": "", "detail": "", "trace": [], "raw_id": None, "content": "",
        "state": "spam", "settled_at": now,
    }  # fmt: skip


def _person(words: Words, _: datetime) -> dict[str, Any]:
    return {
        "name": words.name, "email": _erased(Person.id, "erased-", "@invalid"), "phone": "",
        "password_hash": "", "invited_at": None, "active": False,
    }  # fmt: skip


def _outbox(_: Words, __: datetime) -> dict[str, Any]:
    lane = _erased(Outbox.id, "erased-")
    return {
        "lane": lane, "address": lane, "name": "", "data": {}, "error": "", "domain": "",
        "state": "cancelled",
    }  # fmt: skip


#: in this order: what others point at comes after them
PLACES: tuple[Place, ...] = (
    Place("log_private", LogPrivate, LogPrivate.log_id),
    Place("alert", Alert, Alert.id, lambda _, __: {"detail": ""}),
    Place("glass_break", GlassBreak, GlassBreak.id, lambda _, __: {"reason": ""}),
    Place("answer", Idempotency, Idempotency.key),
    Place("throttle", Throttle, Throttle.key),
    Place("saved_view", SavedView, SavedView.id),
    Place("other_draft", Draft, Draft.id),
    Place("draft", Draft, Draft.id),
    Place("upload", Upload, Upload.id),
    Place("chat_line", ChatLine, ChatLine.id),
    Place("bot_state", BotState, BotState.chat_id),
    Place("session", Login, Login.id),
    Place("login_code", LoginCode, LoginCode.id),
    Place("totp", Totp, Totp.subject_id),
    Place("passkey", Passkey, Passkey.id),
    Place("recovery_code", RecoveryCode, RecoveryCode.id),
    Place("binding", Binding, Binding.id),
    Place("reading", Reading, Reading.person_id),
    Place("known_address", KnownAddress, KnownAddress.id),
    Place("membership", Membership, Membership.id),
    Place(
        "asked_domain",
        ProviderDomain,
        ProviderDomain.id,
        lambda _, __: {"asked": ""},
    ),
    Place("rating", Rating, Rating.id, lambda words, _: {"comment": "", "author": words.name}),
    Place("survey_answer", SurveyAnswer, SurveyAnswer.id, lambda _, __: {"value": ""}),
    Place("attachment", Attachment, Attachment.id),
    Place(
        "delivery",
        Delivery,
        Delivery.id,
        lambda _, __: {"recipient": _erased(Delivery.id, "erased-"), "detail": ""},
    ),
    Place("outbox", Outbox, Outbox.id, _outbox),
    Place(
        "message",
        Message,
        Message.id,
        lambda _, now: {
            "text": "", "quoted": "", "html": None, "raw_id": None, "mail_id": None, "match": None,
            "erased_at": now,
        },
    ),
    Place("author", Message, Message.id, lambda words, _: {"author_name": words.name}),
    Place("asked_item", AskedItem, AskedItem.id, lambda _, __: {"label": ""}),
    Place("held", Held, Held.id, _held),
    Place(
        "raw",
        InboundRaw,
        InboundRaw.id,
        lambda _, __: {
            "envelope_from": None, "recipients": [], "sha256": "", "size": 0,
            "thread_key": _erased(InboundRaw.id, "erased-"), "state": "ignored",
        },
    ),
    Place(
        "endpoint",
        Endpoint,
        Endpoint.id,
        lambda _, __: {
            "address": _erased(Endpoint.id, "erased-"), "name": "", "person_id": None,
            "state": "removed",
        },
    ),
    Place(
        "contact",
        Ticket,
        Ticket.number,
        lambda _, __: {"contact_name": "", "contact_phone": "", "contact_email": ""},
    ),
    Place("opener", Ticket, Ticket.number, lambda words, _: {"opened_name": words.name}),
    Place("title", Ticket, Ticket.number, _title),
    Place("person", Person, Person.id, _person),
)  # fmt: skip
#: rows of these places that speak of an agent keep their agent's name
KINDS = {"totp": (Totp.kind, "person")}
