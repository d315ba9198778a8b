"""The second factor: an authenticator app (TOTP, RFC 6238) and the codes for when it is lost.

The seed is stored sealed and never leaves again; recovery codes are stored hashed. `kind` is agent
or person.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from pyotp.totp import TOTP
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from helpdesk import audit, sealing
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import Conflict
from helpdesk.models import Agent, Passkey, Profile, RecoveryCode, Totp
from helpdesk.tokens import Keyring

STEP_SECONDS = 30
#: steps a clock may be off, either way
DRIFT = 1
RECOVERY_CODES = 10
#: without those that look alike; 10 of them are 49 bits
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_HALF = 5


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody has beside a password. `passkeys`: newest last."""

    totp_since: datetime | None = None
    recovery_left: int = 0
    passkeys: tuple[Passkey, ...] = ()
    #: the profile asks for one
    required: bool = False

    @property
    def any(self) -> bool:
        return self.totp_since is not None or bool(self.passkeys)


def of(session: Session, kind: str, subject_id: int) -> Factors:
    row = session.get(Totp, (kind, subject_id))
    left = session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .where(
            RecoveryCode.kind == kind,
            RecoveryCode.subject_id == subject_id,
            RecoveryCode.used_at.is_(None),
        )
    )
    keys = session.scalars(
        select(Passkey).where(_owner(kind) == subject_id).order_by(Passkey.id)
    ).all()
    required = kind == "agent" and bool(session.scalar(_required(subject_id)))
    return Factors(row.confirmed_at if row else None, left or 0, tuple(keys), required)


def is_owed(session: Session, agent_id: int) -> bool:
    """The profile asks for a second factor and the agent has none yet."""
    if not session.scalar(_required(agent_id)):
        return False
    return not of(session, "agent", agent_id).any


def new_seed() -> str:
    """160 bits in base32."""
    return pyotp.random_base32()


def uri(seed: str, account: str, issuer: str) -> str:
    """What the QR code of an app says."""
    return TOTP(seed).provisioning_uri(name=account, issuer_name=issuer)


def picture(address: str) -> str:
    """A QR code as SVG: dark on light whatever the theme, since cameras want it so."""
    code = segno.make(address, error="m")
    return code.svg_inline(scale=4, border=4, light="#fff", svgclass="qr")


def step_of(seed: str, code: str, *, now: datetime) -> int | None:
    """The time step a code belongs to; None when it is wrong."""
    plain = "".join(code.split())
    current = int(now.timestamp()) // STEP_SECONDS
    app = TOTP(seed)
    for step in range(current - DRIFT, current + DRIFT + 1):
        right = app.generate_otp(step)
        if hmac.compare_digest(right.encode(), plain.encode("utf-8", "replace")):
            return step
    return None


def new_codes() -> list[str]:
    """Shown once: `abcde-fghjk`."""
    return [
        f"{''.join(secrets.choice(_ALPHABET) for _ in range(_HALF))}"
        f"-{''.join(secrets.choice(_ALPHABET) for _ in range(_HALF))}"
        for _ in range(RECOVERY_CODES)
    ]


def enrol(
    session: Session,
    actor: Actor,
    seed: str,
    step: int,
    codes: Sequence[str],
    keyring: Keyring,
    *,
    now: datetime,
) -> None:
    """The app proved that it has the seed. Replaces one from before."""
    kind, subject_id = _whose(actor)
    sealed = sealing.seal(keyring, seed, bound=_bound(kind, subject_id))
    session.merge(
        Totp(kind=kind, subject_id=subject_id, sealed=sealed, last_step=step, confirmed_at=now)
    )
    _replace_codes(session, kind, subject_id, codes, keyring)
    audit.record(session, actor, "factor_added", now=now)


def renew_codes(
    session: Session, actor: Actor, codes: Sequence[str], keyring: Keyring, *, now: datetime
) -> None:
    kind, subject_id = _whose(actor)
    _replace_codes(session, kind, subject_id, codes, keyring)
    audit.record(session, actor, "recovery_renewed", now=now)


def remove(session: Session, actor: Actor, *, now: datetime) -> None:
    """Raises `Conflict("factor_required")` when the profile asks for one and no other is left."""
    kind, subject_id = _whose(actor)
    found = of(session, kind, subject_id)
    if found.required and not found.passkeys:
        raise Conflict("factor_required")
    session.execute(delete(Totp).where(Totp.kind == kind, Totp.subject_id == subject_id))
    # At the portal a passkey is a way in and no second step: codes without the app open nothing.
    if kind == "person" or not found.passkeys:
        _drop_codes(session, kind, subject_id)
    audit.record(session, actor, "factor_removed", now=now)


def drop(session: Session, kind: str, subject_id: int) -> None:
    """App, passkeys and codes of somebody."""
    session.execute(delete(Totp).where(Totp.kind == kind, Totp.subject_id == subject_id))
    session.execute(delete(Passkey).where(_owner(kind) == subject_id))
    _drop_codes(session, kind, subject_id)


def check(
    session: Session, kind: str, subject_id: int, code: str, keyring: Keyring, *, now: datetime
) -> bool:
    """Use a code of the app, or a recovery code: each is good once."""
    row = session.get(Totp, (kind, subject_id), with_for_update=True)
    seed = sealing.unseal(keyring, row.sealed, bound=_bound(kind, subject_id)) if row else None
    if row is not None and seed is not None:
        step = step_of(seed, code, now=now)
        if step is not None and step > row.last_step:
            row.last_step = step
            return True
    if not _use_recovery(session, kind, subject_id, code, keyring, now):
        return False
    audit.record(session, Actor(ActorKind(kind), subject_id), "recovery_used", now=now)
    return True


def _use_recovery(
    session: Session, kind: str, subject_id: int, code: str, keyring: Keyring, now: datetime
) -> bool:
    plain = code.strip().lower().replace(" ", "").replace("-", "")
    digests = [found.hex() for found in keyring.digests("link", _spelled(kind, subject_id, plain))]
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.kind == kind,
            RecoveryCode.subject_id == subject_id,
            RecoveryCode.code_hash.in_(digests),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    ).first()
    return used is not None


def _replace_codes(
    session: Session, kind: str, subject_id: int, codes: Sequence[str], keyring: Keyring
) -> None:
    _drop_codes(session, kind, subject_id)
    for code in codes:
        plain = _spelled(kind, subject_id, code.replace("-", ""))
        digest = keyring.digest("link", plain).hex()
        session.add(RecoveryCode(kind=kind, subject_id=subject_id, code_hash=digest))


def _drop_codes(session: Session, kind: str, subject_id: int) -> None:
    whose = (RecoveryCode.kind == kind, RecoveryCode.subject_id == subject_id)
    session.execute(delete(RecoveryCode).where(*whose))


def _owner(kind: str) -> InstrumentedAttribute[int | None]:
    return Passkey.agent_id if kind == "agent" else Passkey.person_id


def _spelled(kind: str, subject_id: int, code: str) -> bytes:
    return f"recovery\0{kind}:{subject_id}\0{code}".encode("utf-8", "replace")


def _bound(kind: str, subject_id: int) -> str:
    return f"totp/{kind}:{subject_id}"


def _whose(actor: Actor) -> tuple[str, int]:
    assert actor.id is not None, "agents and people have one"
    return str(actor.kind), actor.id


def _required(agent_id: int) -> Select[bool]:
    return (
        select(Profile.second_factor)
        .join(Agent, Agent.profile_id == Profile.id)
        .where(Agent.id == agent_id)
    )
