"""`doctor`: a line for each part an instance stands on; exit 1 if one fails."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Generator, Iterator

from channels.bot import telegram
from channels.mail import imap_client, relay
from channels.mail.config import Mailbox
from channels.mail.oauth import Account, Accounts, InThread, Vault
from gateway import scanning
from gateway.blobs import open_blobs
from gateway.commands.instance import check_schema, fail, reason, say
from gateway.runtime import clock, policy_of
from gateway.settings import Settings, SettingsError, load
from gateway.work import Work
from helpdesk.protocol import ans_check

#: how long a part may take to answer, in seconds
PATIENCE = 15
OFF = "off"
#: how an account without a password got in
BY_OAUTH = ", by OAuth"
#: another writer is waited for no longer
BUSY_SECONDS = 5

Check = Callable[[], str]


class Missing(Exception):
    """What has to be set or done."""


def run() -> None:
    try:
        chosen = load()
    except SettingsError as error:
        fail(*(f"FAIL  settings: {line}" for line in str(error).splitlines()))
    say("ok    settings")
    results = [_report(name, check) for name, check in _checks(chosen)]
    if not all(results):
        raise SystemExit(1)


def _report(name: str, check: Check) -> bool:
    try:
        said = check()
    except Exception as error:  # noqa: BLE001 - whatever a part says, it is told in a line
        say(f"FAIL  {name}: {reason(error)}")
        return False
    say(f"{'--' if said == OFF else 'ok':4}  {name}: {said}")
    return True


def _checks(chosen: Settings) -> Iterator[tuple[str, Check]]:
    yield "database", lambda: _database(chosen)
    yield "secret key", lambda: _keys(chosen)
    yield "blob store", lambda: _blobs(chosen)
    yield "scanner", lambda: _scanner(chosen)
    yield "insurer", lambda: _insurer(chosen)
    watched = [box for box in chosen.mail.boxes if box.imap is not None]
    for box in watched:
        yield f"IMAP {box.address}", lambda box=box: _imap(chosen, box)
    if not watched:
        yield "IMAP", lambda: OFF
    yield "SMTP relay", lambda: _relay(chosen)
    yield "resolver", lambda: _resolver(chosen)
    yield "DKIM key", lambda: _signing(chosen)
    yield "bot", lambda: _bot(chosen)


def _database(chosen: Settings) -> str:
    work = Work(chosen.database.url, busy_seconds=BUSY_SECONDS)
    try:
        kind = "SQLite" if work.is_sqlite else "PostgreSQL"
        return f"{kind}, schema {check_schema(work)}"
    finally:
        work.close()


def _scanner(chosen: Settings) -> str:
    clamd = chosen.scanner.clamd
    return OFF if clamd is None else scanning.version(clamd)


def _keys(chosen: Settings) -> str:
    policy_of(chosen)
    return "there"


def _blobs(chosen: Settings) -> str:
    store = open_blobs(chosen.blobs)
    probe = secrets.token_bytes(32)
    key = store.put(probe)
    try:
        if store.get(key) != probe:
            msg = "what was written is not what is read"
            raise Missing(msg)
    finally:
        store.delete(key)
    return chosen.blobs.url


def _insurer(chosen: Settings) -> str:
    insurer = chosen.insurer
    wanted = {
        "PONTE_INSURER__NAME": insurer.name,
        "PONTE_INSURER__ANS_REGISTRATION": insurer.ans_registration,
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        msg = f"{', '.join(missing)} not set: protocols begin with 000000"
        raise Missing(msg)
    doubt = (
        "" if ans_check(insurer.ans_registration or "") else " (unusual check digit: is it right?)"
    )
    return f"{insurer.name}, ANS {insurer.ans_registration}{doubt}"


def _imap(chosen: Settings, box: Mailbox) -> str:
    server = box.imap
    assert server is not None, "asked only where it is set"
    if server.password is not None:
        return imap_client.check(server)

    async def by_token(account: Account | None) -> str:
        assert account is not None, "the settings refuse a user with neither password nor OAuth"
        tokens = InThread(account, asyncio.get_running_loop())
        return await asyncio.to_thread(imap_client.check, server, tokens)

    with _accounts(chosen) as accounts:
        return asyncio.run(by_token(accounts.of(box.oauth, server.user))) + BY_OAUTH


def _relay(chosen: Settings) -> str:
    server = chosen.mail.relay
    if server is None:
        return OFF
    name = (chosen.mail.address or "localhost").rpartition("@")[2]
    with _accounts(chosen) as accounts:
        account = None
        if server.password is None:
            account = accounts.of(chosen.mail.oauth, server.user)
        asked = relay.check(server, name, account)
        said = asyncio.run(asyncio.wait_for(asked, PATIENCE))
        return said + (BY_OAUTH if account is not None else "")


@contextlib.contextmanager
def _accounts(chosen: Settings) -> Generator[Accounts]:
    """As the server has them: a refresh token replaced now is there for it."""
    work = Work(chosen.database.url, busy_seconds=BUSY_SECONDS)
    try:
        yield Accounts(Vault(work, policy_of(chosen).keyring, clock))
    finally:
        work.close()


def _resolver(chosen: Settings) -> str:
    resolver = chosen.mail.open_resolver()
    if resolver is None:
        return OFF
    domain = (chosen.mail.address or "localhost").rpartition("@")[2]
    found = resolver.txt(f"_dmarc.{domain}", domain)
    return f"{chosen.mail.resolver}: answers, DMARC of {domain} {'there' if found else 'not there'}"


def _signing(chosen: Settings) -> str:
    signer = chosen.mail.signer
    if signer is None:
        return OFF
    told = f"{signer.algorithm} for {signer.domain}"
    resolver = chosen.mail.open_resolver()
    if resolver is None:
        return f"{told}, to be published at {signer.name}: {signer.record}"
    if not signer.is_published(resolver):
        msg = f"{signer.name} should say {signer.record}"
        raise Missing(msg)
    return f"{told}, published at {signer.name}"


def _bot(chosen: Settings) -> str:
    if chosen.telegram.token is None:
        return OFF
    return asyncio.run(asyncio.wait_for(_me(chosen), PATIENCE))


async def _me(chosen: Settings) -> str:
    async with telegram.bot(chosen.telegram) as bot:
        return f"@{bot.username}"
