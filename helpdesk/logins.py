"""How people prove who they are: passwords of agents and people, codes and links by e-mail.

Hashing is slow on purpose and happens outside transactions: verbs here take or give hashes.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from helpdesk import notices, text
from helpdesk.border import Channel
from helpdesk.errors import HelpdeskError, Throttled
from helpdesk.models import Agent, LoginCode, Membership, Person
from helpdesk.notices import Notice
from helpdesk.tokens import Keyring

CODE_DIGITS = 8
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
SENDS_AN_HOUR = 3
INVITATION = "invitation"
LINK = "link"
INVITATION_LIFE = timedelta(days=7)


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
            Person.email == address_of(email), Person.active
        )
    ).first()
    return Credential("person", *row) if row else None


def set_password(session: Session, kind: str, subject_id: int, password_hash: str) -> None:
    table = Agent if kind == "agent" else Person
    session.execute(update(table).where(table.id == subject_id).values(password_hash=password_hash))


def send_code(
    session: Session,
    email: str,
    purpose: str,
    keyring: Keyring,
    *,
    now: datetime,
    link: str = "",
    device: str = "",
) -> None:
    """Send a code to a registered, invited person. Says the same to everybody: an unknown address
    gets none, and nobody learns it. Raises `Throttled` after `SENDS_AN_HOUR`.

    `link` is an address of ours that, with a token behind it, does what the code does. `device`: a
    browser known to the person (`throttles.known_device`); its codes are counted apart, so that
    nobody elsewhere can use up theirs.
    """
    address = address_of(email)
    check_sends(session, address, now=now, device=device)
    person = reachable(session, address)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    token = secrets.token_urlsafe(24)
    session.add(
        LoginCode(
            purpose=purpose,
            address=address,
            person_id=person.id if person else None,
            code_hash=hash_of(keyring, purpose, address, code),
            link_hash=hash_of(keyring, LINK, "", token) if link else None,
            device=device,
            created_at=now,
            expires_at=now + CODE_LIFE,
        )
    )
    if person is not None:
        data: dict[str, object] = {"code": code, "minutes": int(CODE_LIFE.total_seconds() // 60)}
        told = Notice(
            "login_code",
            Channel.MAIL,
            address,
            to_name=person.name,
            automatic=False,
            data=data | ({"link": f"{link}{token}", "by_link": True} if link else {}),
        )
        notices.post(session, [told], now=now)


def check_sends(session: Session, address: str, *, now: datetime, device: str = "") -> None:
    """Raises `Throttled` after `SENDS_AN_HOUR` codes or links to one address."""
    recent = session.scalar(
        select(func.count())
        .select_from(LoginCode)
        .where(
            LoginCode.address == address,
            LoginCode.device == device,
            LoginCode.purpose != INVITATION,
            LoginCode.created_at > now - timedelta(hours=1),
        )
    )
    if (recent or 0) >= SENDS_AN_HOUR:
        raise Throttled(3600)


def reachable(session: Session, email: str) -> Person | None:
    """Somebody who was invited and speaks for a provider: the only people codes are sent to."""
    return session.scalar(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.email == address_of(email),
            Person.active,
            Person.invited_at.is_not(None),
            Membership.active,
        )
        .limit(1)
    )


def check_code(
    session: Session,
    email: str,
    code: str,
    purpose: str,
    keyring: Keyring,
    *,
    now: datetime,
    device: str = "",
) -> int | WrongCode:
    """The person's id. A wrong code is *returned*, not raised: the try must be counted, and a
    raised error would roll the count back."""
    address = address_of(email)
    row = session.scalar(
        select(LoginCode)
        .where(
            LoginCode.address == address,
            LoginCode.purpose == purpose,
            LoginCode.device == device,
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
    given = hash_of(keyring, purpose, address, "".join(code.split()))
    if not hmac.compare_digest(given, row.code_hash) or row.person_id is None:
        return WrongCode(CODE_TRIES - row.tries)
    row.used_at = now
    return row.person_id


def linked(session: Session, token: str, keyring: Keyring, *, now: datetime) -> Person | None:
    """Whom the link of a code lets in, while it is unused. Looking changes nothing."""
    row = session.scalar(_by_link(token, keyring, now))
    return session.get(Person, row.person_id) if row and row.person_id else None


def use_link(session: Session, token: str, keyring: Keyring, *, now: datetime) -> int | None:
    """The person's id; the code of the same mail is used up with it."""
    row = session.scalar(_by_link(token, keyring, now).with_for_update())
    if row is None:
        return None
    row.used_at = now
    return row.person_id


def void(session: Session, kind: str, subject_id: int, *, now: datetime) -> None:
    """Codes and links on their way to somebody open nothing any more."""
    owner = LoginCode.agent_id if kind == "agent" else LoginCode.person_id
    session.execute(
        update(LoginCode)
        .where(owner == subject_id, LoginCode.used_at.is_(None), LoginCode.expires_at > now)
        .values(expires_at=now)
    )


def forget(session: Session, *, now: datetime) -> None:
    """Codes and links that were over a day ago count for nothing any more."""
    session.execute(delete(LoginCode).where(LoginCode.expires_at < now - timedelta(days=1)))


def invite(session: Session, person: Person, keyring: Keyring, link: str, *, now: datetime) -> None:
    """Invited people may receive codes; the invitation carries a single-use link to begin."""
    person.invited_at = now
    token = secrets.token_urlsafe(24)
    session.add(
        LoginCode(
            purpose=INVITATION,
            address=person.email,
            person_id=person.id,
            code_hash=hash_of(keyring, INVITATION, "", token),
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
    """Use the invitation: set the password ("" keeps the one there is), return the person's id;
    None when it is void."""
    found = _invitation(session, token, keyring, now)
    if found is None or found.person_id is None:
        return None
    found.used_at = now
    if password_hash:
        set_password(session, "person", found.person_id, password_hash)
    return found.person_id


def _invitation(session: Session, token: str, keyring: Keyring, now: datetime) -> LoginCode | None:
    return session.scalar(
        select(LoginCode).where(
            LoginCode.purpose == INVITATION,
            LoginCode.code_hash == hash_of(keyring, INVITATION, "", token),
            LoginCode.used_at.is_(None),
            LoginCode.expires_at > now,
        )
    )


def _by_link(token: str, keyring: Keyring, now: datetime) -> Select[LoginCode]:
    return select(LoginCode).where(
        LoginCode.link_hash == hash_of(keyring, LINK, "", token),
        LoginCode.used_at.is_(None),
        LoginCode.expires_at > now,
    )


def address_of(email: str) -> str:
    """As addresses are stored and compared."""
    return text.normalise(email).strip().lower()[:254]


def hash_of(keyring: Keyring, purpose: str, address: str, code: str) -> str:
    return keyring.digest("link", f"{purpose}\0{address}\0{code}".encode()).hex()
