"""Passkeys of agents and people (WebAuthn level 3): the two ceremonies, and the keys that are kept.

The challenge travels signed and bound to the browser, so that asking writes nothing; one that was
answered is remembered until it expires. User verification is required: a passkey is both factors.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from helpdesk import audit, factors
from helpdesk.border import Actor
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.models import Agent, LoginCode, Passkey, Person
from helpdesk.tokens import Keyring

PURPOSE = "passkey"
CHALLENGE_LIFE = timedelta(minutes=5)
MOST_PASSKEYS = 20
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a passkey is for: the host (RP ID) and the origin of the pages."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a key lets in: `kind` is agent or person, `login` what they type to enter."""

    kind: str
    id: int
    login: str
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """`options` is JSON for the browser, `token` comes back with its answer."""

    options: str
    token: str


@dataclass(frozen=True, slots=True)
class Made:
    credential: str
    public_key: str
    sign_count: int


def party(public_url: str, name: str) -> Party | None:
    """None where browsers allow none: an address without a name, or plain http away from home."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        secure = parts.scheme == "https" or host == "localhost"
        return Party(host, public_url, name) if secure and host else None
    return None


def ask_new(
    at: Party, to: Account, have: Sequence[Passkey], keyring: Keyring, browser: str, now: datetime
) -> Asked:
    options = webauthn.generate_registration_options(
        rp_id=at.host,
        rp_name=at.name,
        user_name=to.login,
        user_id=f"{to.kind}:{to.id}".encode(),
        user_display_name=to.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential)) for key in have
        ],
    )
    return _asked(webauthn.options_to_json(options), options.challenge, keyring, browser, now)


def ask(at: Party, keyring: Keyring, browser: str, now: datetime) -> Asked:
    """For whoever comes: the device says which of its keys, and so who."""
    options = webauthn.generate_authentication_options(
        rp_id=at.host, user_verification=UserVerificationRequirement.REQUIRED
    )
    return _asked(webauthn.options_to_json(options), options.challenge, keyring, browser, now)


def made(
    at: Party, answer: str, token: str, keyring: Keyring, browser: str, now: datetime
) -> Made | None:
    """A new key, as the device proved it; None when it did not."""
    challenge = _challenge(token, keyring, browser, now)
    if challenge is None:
        return None
    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=at.host,
            expected_origin=at.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError):
        return None
    return Made(
        bytes_to_base64url(found.credential_id),
        bytes_to_base64url(found.credential_public_key),
        found.sign_count,
    )


def named(answer: str) -> str:
    """Which key an answer says it is of; "" when it says none."""
    try:
        found = json.loads(answer)["rawId"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""


def proved(
    at: Party, key: Passkey, answer: str, token: str, keyring: Keyring, browser: str, now: datetime
) -> int | None:
    """The key's new counter; None when the answer is not of this key and this question."""
    challenge = _challenge(token, keyring, browser, now)
    if challenge is None:
        return None
    try:
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=at.host,
            expected_origin=at.origin,
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found.new_sign_count


def find(session: Session, kind: str, credential: str) -> Passkey | None:
    """Of somebody active of this kind: both doors have one origin, and a device offers at each the
    keys of the other."""
    owner, column = _owners(kind)
    return session.scalar(
        select(Passkey)
        .join(owner, owner.id == column)
        .where(Passkey.credential == credential, owner.active)
    )


def use(
    session: Session, passkey_id: int, count: int, token: str, keyring: Keyring, *, now: datetime
) -> bool:
    """False when the question was answered before."""
    digest = keyring.digest("link", f"{PURPOSE}\0{token}".encode()).hex()
    if session.scalar(select(LoginCode.id).where(LoginCode.code_hash == digest)) is not None:
        return False
    key = session.get_one(Passkey, passkey_id, with_for_update=True)
    key.sign_count, key.used_at = count, now
    session.add(
        LoginCode(
            purpose=PURPOSE,
            address="",
            agent_id=key.agent_id,
            person_id=key.person_id,
            code_hash=digest,
            created_at=now,
            expires_at=now + CHALLENGE_LIFE,
            used_at=now,
        )
    )
    return True


def add(session: Session, actor: Actor, key: Made, name: str, *, now: datetime) -> None:
    """Raises `Invalid` for the name, a key that is there already, or one too many."""
    plain = name.strip()
    if not plain or len(plain) > LONGEST_NAME:
        code = "too_long" if plain else "required"
        raise Invalid(FieldError("name", code, (("limit", LONGEST_NAME),)))
    assert actor.id is not None
    kind = str(actor.kind)
    have = factors.of(session, kind, actor.id).passkeys
    if len(have) >= MOST_PASSKEYS:
        raise Invalid(FieldError("name", "too_many", (("limit", MOST_PASSKEYS),)))
    if session.scalar(select(Passkey.id).where(Passkey.credential == key.credential)) is not None:
        raise Invalid(FieldError("name", "taken"))
    session.add(
        Passkey(
            agent_id=actor.id if kind == "agent" else None,
            person_id=actor.id if kind == "person" else None,
            credential=key.credential,
            public_key=key.public_key,
            sign_count=key.sign_count,
            name=plain,
            created_at=now,
        )
    )
    audit.record(session, actor, "passkey_added", now=now, note=plain)


def remove(session: Session, actor: Actor, passkey_id: int, *, now: datetime) -> None:
    """Raises `NotVisible`, and `Conflict("factor_required")` when the profile asks for one."""
    assert actor.id is not None
    have = factors.of(session, str(actor.kind), actor.id)
    key = next((key for key in have.passkeys if key.id == passkey_id), None)
    if key is None:
        raise NotVisible("passkey", passkey_id)
    if have.required and have.totp_since is None and len(have.passkeys) == 1:
        raise Conflict("factor_required")
    session.execute(delete(Passkey).where(Passkey.id == passkey_id))
    audit.record(session, actor, "passkey_removed", now=now, note=key.name)


def _owners(kind: str) -> tuple[type[Agent] | type[Person], InstrumentedAttribute[int | None]]:
    return (Agent, Passkey.agent_id) if kind == "agent" else (Person, Passkey.person_id)


def _asked(options: str, challenge: bytes, keyring: Keyring, browser: str, now: datetime) -> Asked:
    subject = f"{browser} {bytes_to_base64url(challenge)}"
    return Asked(options, keyring.link_token(PURPOSE, subject, now + CHALLENGE_LIFE))


def _challenge(token: str, keyring: Keyring, browser: str, now: datetime) -> bytes | None:
    subject = keyring.read_link_token(PURPOSE, token, now)
    asked_of, _, challenge = (subject or "").rpartition(" ")
    return base64url_to_bytes(challenge) if subject and asked_of == browser else None
