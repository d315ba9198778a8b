"""How people prove who they are: passwords of agents and people, codes by e-mail, throttles.

Hashing is slow on purpose and happens outside transactions: verbs here take or give hashes.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from helpdesk import notices, text
from helpdesk.border import Channel
from helpdesk.errors import HelpdeskError, Throttled
from helpdesk.models import Agent, LoginCode, Membership, Person, Throttle
from helpdesk.notices import Notice
from helpdesk.tokens import Keyring

CODE_DIGITS = 8
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
SENDS_AN_HOUR = 3
INVITATION = "invitation"
INVITATION_LIFE = timedelta(days=7)
#: failed passwords before an account has to wait, and how long
PASSWORD_TRIES = 8
PASSWORD_WINDOW = timedelta(minutes=15)


class WrongCode(HelpdeskError):
    """`tries` are left; 0 means a new code is needed."""

    def __init__(self, tries: int) -> None:
        super().__init__(f"{tries} tries left")
        self.tries = tries


@dataclass(frozen=True, slots=True)
class Credential:
    """Whom a log-in name stands for; `password_hash` is empty when none was set."""

    kind: str
    id: int
    password_hash: str


def agent_credential(session: Session, login: str) -> Credential | None:
    row = session.execute(
        select(Agent.id, Agent.password_hash).where(
            Agent.login == text.normalise(login), Agent.active
        )
    ).first()
    return Credential("agent", *row) if row else None


def person_credential(session: Session, email: str) -> Credential | None:
    row = session.execute(
        select(Person.id, Person.password_hash).where(
            Person.email == _address(email), Person.active
        )
    ).first()
    return Credential("person", *row) if row else None


def set_password(session: Session, kind: str, subject_id: int, password_hash: str) -> None:
    table = Agent if kind == "agent" else Person
    session.execute(update(table).where(table.id == subject_id).values(password_hash=password_hash))


def check_throttle(session: Session, key: str, *, now: datetime) -> None:
    """Raises `Throttled` with the seconds to wait. The wait ends by itself: nobody can lock a
    victim out for ever."""
    row = session.get(Throttle, _short(key))
    if row is not None and row.until > now and row.count >= PASSWORD_TRIES:
        raise Throttled(int((row.until - now).total_seconds()) + 1)


def count_failure(session: Session, key: str, *, now: datetime) -> None:
    row = session.get(Throttle, _short(key), with_for_update=True)
    if row is None or row.until <= now:
        session.merge(Throttle(key=_short(key), count=1, until=now + PASSWORD_WINDOW))
    else:
        row.count += 1


def clear_failures(session: Session, key: str) -> None:
    row = session.get(Throttle, _short(key))
    if row is not None:
        session.delete(row)


def send_code(
    session: Session, email: str, purpose: str, keyring: Keyring, *, now: datetime
) -> None:
    """Send a code to a registered, invited person. Says the same to everybody: an unknown address
    gets none, and nobody learns it. Raises `Throttled` after `SENDS_AN_HOUR`."""
    address = _address(email)
    recent = session.scalar(
        select(func.count())
        .select_from(LoginCode)
        .where(
            LoginCode.address == address,
            LoginCode.purpose != INVITATION,
            LoginCode.created_at > now - timedelta(hours=1),
        )
    )
    if (recent or 0) >= SENDS_AN_HOUR:
        raise Throttled(3600)
    person = session.scalar(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.email == address,
            Person.active,
            Person.invited_at.is_not(None),
            Membership.active,
        )
    )
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    session.add(
        LoginCode(
            purpose=purpose,
            address=address,
            person_id=person.id if person else None,
            code_hash=_hash(keyring, purpose, address, code),
            created_at=now,
            expires_at=now + CODE_LIFE,
        )
    )
    if person is not None:
        told = Notice(
            "login_code",
            Channel.MAIL,
            address,
            to_name=person.name,
            automatic=False,
            data={"code": code, "minutes": int(CODE_LIFE.total_seconds() // 60)},
        )
        notices.post(session, [told], now=now)


def check_code(
    session: Session, email: str, code: str, purpose: str, keyring: Keyring, *, now: datetime
) -> int | WrongCode:
    """The person's id. A wrong code is *returned*, not raised: the try must be counted, and a
    raised error would roll the count back."""
    address = _address(email)
    row = session.scalar(
        select(LoginCode)
        .where(
            LoginCode.address == address,
            LoginCode.purpose == purpose,
            LoginCode.used_at.is_(None),
            LoginCode.expires_at > now,
        )
        .order_by(LoginCode.id.desc())
        .limit(1)
        .with_for_update()
    )
    if row is None or row.tries >= CODE_TRIES:
        return WrongCode(0)
    row.tries += 1
    given = _hash(keyring, purpose, address, "".join(code.split()))
    if not hmac.compare_digest(given, row.code_hash) or row.person_id is None:
        return WrongCode(CODE_TRIES - row.tries)
    row.used_at = now
    return row.person_id


def invite(session: Session, person: Person, keyring: Keyring, link: str, *, now: datetime) -> None:
    """Invited people may receive codes; the invitation carries a single-use link to begin."""
    person.invited_at = now
    token = secrets.token_urlsafe(24)
    session.add(
        LoginCode(
            purpose=INVITATION,
            address=person.email,
            person_id=person.id,
            code_hash=_hash(keyring, INVITATION, "", token),
            created_at=now,
            expires_at=now + INVITATION_LIFE,
        )
    )
    told = Notice(
        INVITATION,
        Channel.MAIL,
        person.email,
        to_name=person.name,
        automatic=False,
        data={"link": f"{link}{token}", "days": INVITATION_LIFE.days},
    )
    notices.post(session, [told], now=now)


def invited(session: Session, token: str, keyring: Keyring, *, now: datetime) -> Person | None:
    """Who an invitation link belongs to, while it is unused. Looking changes nothing."""
    found = _invitation(session, token, keyring, now)
    return session.get(Person, found.person_id) if found else None


def accept(
    session: Session, token: str, keyring: Keyring, password_hash: str, *, now: datetime
) -> int | None:
    """Use the invitation: set the password, return the person's id; None when it is void."""
    found = _invitation(session, token, keyring, now)
    if found is None or found.person_id is None:
        return None
    found.used_at = now
    set_password(session, "person", found.person_id, password_hash)
    return found.person_id


def _invitation(session: Session, token: str, keyring: Keyring, now: datetime) -> LoginCode | None:
    return session.scalar(
        select(LoginCode).where(
            LoginCode.purpose == INVITATION,
            LoginCode.code_hash == _hash(keyring, INVITATION, "", token),
            LoginCode.used_at.is_(None),
            LoginCode.expires_at > now,
        )
    )


def _address(email: str) -> str:
    return text.normalise(email).strip().lower()[:254]


def _short(key: str) -> str:
    """What somebody typed as a name may be of any length and hold anything."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _hash(keyring: Keyring, purpose: str, address: str, code: str) -> str:
    return keyring.digest("link", f"{purpose}\0{address}\0{code}".encode()).hex()
