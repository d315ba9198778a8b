"""What no device says: names, limits, questions answered twice, answers that are none. What devices
say is in the browser tests."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import passkeys
from helpdesk.border import Actor
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.models import LoginCode, Passkey, Profile
from helpdesk.passkeys import Made, Party
from helpdesk.policy import Policy
from tests.helpdesk.factories import NOW, make_agent

HERE = Party("ponte.example", "https://ponte.example", "Operadora")
GARBAGE = (
    "",
    "[" * 100_000,
    "{}",
    "[]",
    "null",
    '{"rawId": 1}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
    (
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA",'
        ' "attestationObject": "AA", "authenticatorData": "AA", "signature": "AA"}}'
    ),
)


@pytest.fixture
def ana(session: Session) -> Actor:
    return make_agent(session)


def add(session: Session, actor: Actor, name: str, credential: str = "Y2hhdmU") -> None:
    passkeys.add(session, actor, Made(credential, "cHVibGlj", 0), name, now=NOW)
    session.flush()


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ponte.op.example", "ponte.op.example"),
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", None),
        ("https://[::1]:8000", None),
        ("http://ponte.op.example", None),
    ],
)
def test_browsers_know_passkeys_for_names_over_https(url: str, host: str | None):
    found = passkeys.party(url, "Operadora")
    assert (found.host if found else None) == host


@pytest.mark.parametrize("answer", GARBAGE, ids=range(len(GARBAGE)))
def test_an_answer_that_is_none_is_refused(
    session: Session, policy: Policy, ana: Actor, answer: str
):
    add(session, ana, "Celular")
    keyring = policy.keyring
    key = session.scalars(select(Passkey)).one()
    to = passkeys.Account("agent", ana.id or 0, "ana", ana.name)
    new = passkeys.ask_new(HERE, to, [key], keyring, "b", NOW)
    assert passkeys.made(HERE, answer, new.token, keyring, "b", NOW) is None
    asked = passkeys.ask(HERE, keyring, "b", NOW)
    assert passkeys.proved(HERE, key, answer, asked.token, keyring, "b", NOW) is None
    assert passkeys.find(session, "agent", passkeys.named(answer)) is None


def test_a_question_is_for_its_browser_and_five_minutes(session: Session, policy: Policy):
    keyring = policy.keyring
    asked = passkeys.ask(HERE, keyring, "b", NOW)
    key = Passkey(credential="c", public_key="cHVibGlj", sign_count=0)
    late = NOW + passkeys.CHALLENGE_LIFE
    assert passkeys.proved(HERE, key, "{}", asked.token, keyring, "outro", NOW) is None
    assert passkeys.proved(HERE, key, "{}", asked.token, keyring, "b", late) is None
    assert passkeys.made(HERE, "{}", "forjado", keyring, "b", NOW) is None


def test_a_question_is_answered_once(session: Session, policy: Policy, ana: Actor):
    add(session, ana, "Celular")
    key = session.scalars(select(Passkey)).one()
    for expected in (True, False):
        found = passkeys.use(session, key.id, 7, "t", policy.keyring, now=NOW)
        session.flush()
        assert found is expected
    assert (key.sign_count, key.used_at) == (7, NOW)
    assert len(session.scalars(select(LoginCode)).all()) == 1
    assert passkeys.use(session, key.id, 8, "u", policy.keyring, now=NOW)


def test_keys_have_names_and_a_limit(session: Session, ana: Actor):
    for name in ("", "  ", "x" * 61):
        with pytest.raises(Invalid):
            add(session, ana, name)
    for n in range(passkeys.MOST_PASSKEYS):
        add(session, ana, f" Chave {n} ", f"c{n}")
    with pytest.raises(Invalid):
        add(session, ana, "Mais uma", "nova")
    bia = make_agent(session, "bia")
    with pytest.raises(Invalid):
        add(session, bia, "A de Ana", "c1")


def test_the_last_one_stays_where_the_profile_demands_it(session: Session, ana: Actor):
    add(session, ana, "Um", "c1")
    add(session, ana, "Dois", "c2")
    for profile in session.scalars(select(Profile)):
        profile.second_factor = True
    session.flush()
    one, two = session.scalars(select(Passkey.id).order_by(Passkey.id)).all()
    passkeys.remove(session, ana, one, now=NOW)
    session.expire_all()
    with pytest.raises(Conflict):
        passkeys.remove(session, ana, two, now=NOW)
    bia = make_agent(session, "bia")
    with pytest.raises(NotVisible):
        passkeys.remove(session, bia, two, now=NOW)
