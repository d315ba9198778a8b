"""Access tokens: asked for, kept until they expire, renewed, and told about when refused."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from channels.mail.grants import NoToken, OAuthConfig
from channels.mail.oauth import Account, Accounts, InThread, Vault
from gateway.work import Work
from helpdesk.models import OAuthGrant
from helpdesk.tokens import Keyring
from tests.doubles.oauth import FIRST_REFRESH, SECRET, Issuer, issuing
from tests.gateway.kits import Clock
from tests.helpdesk.factories import NOW

USER = "central@operadora.example"
RING = Keyring([b"k" * 32])


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing(Issuer()) as issuer:
        yield issuer


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def vault(work: Work, clock: Clock) -> Vault:
    return Vault(work, RING, clock)


def account(issuer: Issuer, vault: Vault, grant: str = "client_credentials") -> Account:
    return Account(OAuthConfig.model_validate(issuer.settings(grant)), USER, vault)


def kept(vault: Vault) -> list[OAuthGrant]:
    assert isinstance(vault.work, Work)
    return vault.work.read_now(lambda session: list(session.scalars(select(OAuthGrant))))


async def test_a_token_is_kept_until_shortly_before_it_expires(
    issuer: Issuer, vault: Vault, clock: Clock
):
    tokens = account(issuer, vault)
    assert await tokens.token() == await tokens.token() == "acesso-1"
    clock.advance(timedelta(seconds=3_600 - 61))
    assert await tokens.token() == "acesso-1"
    clock.advance(timedelta(seconds=2))
    assert await tokens.token() == "acesso-2"
    assert issuer.asked[0] == {
        "grant_type": "client_credentials",
        "client_id": "ponte-app",
        "client_secret": SECRET,
        "scope": "mail",
    }


async def test_many_who_ask_at_once_cause_one_question(issuer: Issuer, vault: Vault):
    tokens = account(issuer, vault)
    given = await asyncio.gather(*(tokens.token() for _ in range(20)))
    assert set(given) == {"acesso-1"}
    assert len(issuer.asked) == 1


@pytest.mark.parametrize("life", [0, 1, 90])
async def test_short_lives_and_none_at_all_are_lived_with(
    issuer: Issuer, vault: Vault, clock: Clock, life: int
):
    issuer.life = life
    tokens = account(issuer, vault)
    assert await tokens.token() == "acesso-1"
    clock.advance(timedelta(seconds=life or 3_600))
    assert await tokens.token() == "acesso-2"


async def test_a_token_a_server_refused_is_replaced(issuer: Issuer, vault: Vault):
    tokens = account(issuer, vault)
    first = await tokens.token()
    tokens.refuse("another")
    assert await tokens.token() == first
    tokens.refuse(first)
    assert await tokens.token() == "acesso-2"


async def test_a_refresh_token_is_sent_again_where_it_does_not_change(
    issuer: Issuer, vault: Vault, clock: Clock
):
    tokens = account(issuer, vault, "refresh_token")
    await tokens.token()
    clock.advance(timedelta(hours=2))
    await tokens.token()
    assert [form["refresh_token"] for form in issuer.asked] == [FIRST_REFRESH] * 2
    assert kept(vault) == []


async def test_a_replaced_refresh_token_outlives_a_restart_sealed(
    issuer: Issuer, vault: Vault, clock: Clock
):
    issuer.rotates = True
    await account(issuer, vault, "refresh_token").token()
    (row,) = kept(vault)
    assert "renovar" not in row.sealed
    assert row.at == NOW
    restarted = account(issuer, vault, "refresh_token")
    assert await restarted.token() == "acesso-2"
    assert issuer.asked[-1]["refresh_token"] == "renovar-acesso-1"
    # the keys of the instance may have changed places meanwhile
    newer = replace(vault, keyring=Keyring([b"n" * 32, b"k" * 32]))
    assert await account(issuer, newer, "refresh_token").token() == "acesso-3"
    # and with none that sealed it, what is configured is all there is
    lost = replace(vault, keyring=Keyring([b"x" * 32]))
    with pytest.raises(NoToken, match="invalid_grant"):
        await account(issuer, lost, "refresh_token").token()


async def test_a_newly_configured_refresh_token_counts_above_the_kept_one(
    issuer: Issuer, vault: Vault
):
    issuer.rotates = True
    await account(issuer, vault, "refresh_token").token()
    issuer.refresh = "consentido-de-novo"
    given = issuer.settings("refresh_token") | {"refresh_token": "consentido-de-novo"}
    again = Account(OAuthConfig.model_validate(given), USER, vault)
    assert await again.token() == "acesso-2"


async def test_another_process_that_was_faster_is_followed(issuer: Issuer, vault: Vault):
    issuer.rotates = True
    mine = account(issuer, vault, "refresh_token")
    await mine.token()
    other = account(issuer, vault, "refresh_token")
    original = mine._refresh_token
    once: list[str] = []

    async def late() -> str:
        """Reads the token just before the other process uses it."""
        found = await original()
        if not once:
            once.append(found)
            await other.token()
        return found

    mine._refresh_token = late
    mine.refuse("acesso-1")
    assert await mine.token() == "acesso-3"


async def test_a_refusal_is_told_in_a_line_and_the_issuer_left_alone(
    issuer: Issuer, vault: Vault, clock: Clock
):
    issuer.refuses = "invalid_grant"
    tokens = account(issuer, vault)
    for _ in range(3):
        with pytest.raises(NoToken) as caught:
            await tokens.token()
    said = "127.0.0.1 gives no access token: invalid_grant AADSTS1: não pode"
    assert str(caught.value) == said
    assert len(issuer.asked) == 1
    issuer.refuses = ""
    clock.advance(timedelta(seconds=31))
    assert await tokens.token() == "acesso-1"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ((500, b"<html>"), "HTTP 500"),
        ((401, b"[]"), "HTTP 401"),
        ((200, b"<html>"), "no access token"),
        ((200, b"{}"), "no access token"),
        ((200, b'{"access_token": "a\\u0001b"}'), "no access token"),
        ((200, b'{"access_token": ""}'), "no access token"),
        ((200, b'{"access_token": "' + b"x" * 70_000 + b'"}'), "no access token"),
    ],
)
async def test_an_answer_that_is_none(
    issuer: Issuer, vault: Vault, raw: tuple[int, bytes], why: str
):
    issuer.raw = raw
    with pytest.raises(NoToken, match=why):
        await account(issuer, vault).token()


async def test_secrets_are_not_carried_elsewhere(issuer: Issuer, vault: Vault):
    with issuing(Issuer()) as elsewhere:
        issuer.raw, issuer.location = (302, b""), elsewhere.url
        with pytest.raises(NoToken, match="HTTP 302"):
            await account(issuer, vault).token()
        assert elsewhere.asked == []


async def test_an_issuer_that_is_not_there(vault: Vault):
    with issuing(Issuer()) as issuer:
        pass
    with pytest.raises(NoToken, match=r"127\.0\.0\.1 gives no access token"):
        await account(issuer, vault).token()


async def test_threads_share_the_tokens_of_the_loop(issuer: Issuer, vault: Vault):
    tokens = account(issuer, vault)
    beside = InThread(tokens, asyncio.get_running_loop())
    assert await asyncio.to_thread(beside.take) == await tokens.token()
    beside.refuse("acesso-1")
    assert await asyncio.to_thread(beside.take) == "acesso-2"


def test_one_account_serves_all_protocols_of_a_user(issuer: Issuer, vault: Vault):
    accounts = Accounts(vault)
    config = OAuthConfig.model_validate(issuer.settings())
    assert accounts.of(config, USER) is accounts.of(config, USER)
    assert accounts.of(config, "outra@operadora.example") is not accounts.of(config, USER)
    assert accounts.of(OAuthConfig(), USER) is None
    assert accounts.of(config, None) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"token_url": "http://login.example/token"}, "https"),
        ({"token_url": "https://a:b@login.example/token"}, "https://host/path"),
        ({"token_url": "ftp://127.0.0.1/"}, "https"),
        ({"token_url": "nonsense"}, "https://host/path"),
        ({"token_url": "https://login.example/token"}, "client_id, client_secret"),
        ({"client_id": "x"}, "token_url, client_secret"),
        ({"grant": "refresh_token"}, "token_url, client_id, refresh_token"),
        ({"grant": "password"}, "client_credentials"),
    ],
)
def test_settings_that_could_not_work_are_refused(given: dict[str, str], why: str):
    with pytest.raises(ValidationError, match=why):
        OAuthConfig.model_validate(given)


def test_secrets_are_not_shown(issuer: Issuer):
    config = OAuthConfig.model_validate(issuer.settings())
    assert SECRET not in repr(config)
    assert config
    assert not OAuthConfig()
