"""Access tokens of mail accounts: one for each account at a time, renewed before it expires."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels.kit import Work
from channels.mail.grants import Granted, NoToken, OAuthConfig, exchange
from helpdesk import grants, sealing
from helpdesk.tokens import Keyring

#: a token is not used for its last part: what it opens may take a moment
MARGIN = timedelta(seconds=60)
#: after a refusal the issuer is left alone for so long
REST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Vault:
    """Where replaced refresh tokens are kept over restarts."""

    work: Work
    keyring: Keyring
    clock: Callable[[], datetime]


class Account:
    """The tokens of one user at one issuer; log-ins of all protocols share it.

    `token` may be awaited from one event loop only; `refuse` is safe from any thread.
    """

    def __init__(self, config: OAuthConfig, user: str, vault: Vault) -> None:
        self._config = config
        self._vault = vault
        #: names the row of a replaced refresh token
        self.name = f"{config.client_id}/{user}"[:300]
        self._asking = asyncio.Lock()
        self._token: str | None = None
        self._until = vault.clock()
        self._refused: NoToken | None = None

    async def token(self) -> str:
        """One that holds for a while. Raises `NoToken`."""
        async with self._asking:
            now = self._vault.clock()
            if self._refused is not None and now < self._until:
                raise self._refused
            if self._token is None or now >= self._until:
                self._token, self._refused = None, None
                try:
                    self._take(await self._ask())
                except NoToken as error:
                    self._refused, self._until = error, now + REST
                    raise
            assert self._token is not None, "taken above"
            return self._token

    def refuse(self, token: str) -> None:
        """A server did not accept this one: the next call asks the issuer again."""
        if self._token == token:
            self._token = None

    async def _ask(self) -> Granted:
        if self._config.grant == "client_credentials":
            return await asyncio.to_thread(exchange, self._config, None)
        used = await self._refresh_token()
        try:
            granted = await asyncio.to_thread(exchange, self._config, used)
        except NoToken as error:
            # Another process may have used it a moment ago and been given the next one.
            latest = await self._refresh_token()
            if error.code != "invalid_grant" or latest == used:
                raise
            used = latest
            granted = await asyncio.to_thread(exchange, self._config, used)
        following = granted.refresh_token
        if following is not None and following.get_secret_value() != used:
            await self._keep(following.get_secret_value())
        return granted

    def _take(self, granted: Granted) -> None:
        life = timedelta(seconds=granted.expires_in)
        self._token = granted.access_token.get_secret_value()
        self._until = self._vault.clock() + max(life - MARGIN, life / 2)

    async def _refresh_token(self) -> str:
        """The one that replaced the configured one, unless another was configured since."""
        sealed = await self._vault.work.read(grants.kept, self.name)
        opened = sealed and sealing.unseal(self._vault.keyring, sealed, bound=self.name)
        if opened:
            found = json.loads(opened)
            if found["instead_of"] == self._configured_digest():
                return found["token"]
        return self._configured()

    async def _keep(self, token: str) -> None:
        text = json.dumps({"token": token, "instead_of": self._configured_digest()})
        sealed = sealing.seal(self._vault.keyring, text, bound=self.name)
        await self._vault.work.write(grants.keep, self.name, sealed, now=self._vault.clock())

    def _configured(self) -> str:
        given = self._config.refresh_token
        assert given is not None, "the settings refuse this grant without it"
        return given.get_secret_value()

    def _configured_digest(self) -> str:
        return hashlib.sha256(self._configured().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Accounts:
    """Every account of the instance, each once."""

    vault: Vault
    _known: dict[tuple[OAuthConfig, str], Account] = field(
        default_factory=dict[tuple[OAuthConfig, str], Account]
    )

    def of(self, config: OAuthConfig | None, user: str | None) -> Account | None:
        """None where the account logs in otherwise."""
        if not config or user is None:
            return None
        if (config, user) not in self._known:
            self._known[config, user] = Account(config, user, self.vault)
        return self._known[config, user]


@dataclass(frozen=True, slots=True)
class InThread:
    """An account for code that blocks, in a thread beside the loop."""

    account: Account
    loop: asyncio.AbstractEventLoop

    def take(self) -> str:
        """Raises `NoToken`."""
        return asyncio.run_coroutine_threadsafe(self.account.token(), self.loop).result()

    def refuse(self, token: str) -> None:
        self.account.refuse(token)
