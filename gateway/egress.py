"""Requests to addresses that no administrator's setting names: they reach the public internet, the
networks that a setting allows, and nothing else (server-side request forgery, CWE-918).

A name is resolved once for each request. Every address it has must be allowed, and the connection
goes to the address that was looked at, so that a name that means something else a moment later
(DNS rebinding) leads nowhere else. No redirects, no proxies of the environment.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx

from helpdesk.errors import FieldError

Ip = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: a name or the spelling of an address, and all it stands for. Blocks. Raises `OSError`
Resolve = Callable[[str], Sequence[str]]

#: names that answer slowly must not keep others' threads
RESOLVING = 32
RESOLVE_SECONDS = 5.0
#: of one address; a name may have several
CONNECT_SECONDS = 4.0
LAST_PORT = 65_535

#: what IANA gives out to the internet (RFC 4291 §2.4); all else is local, mapped or unused
_GLOBAL_UNICAST = IPv6Network("2000::/3")
#: an IPv4 address stands in the last 32 bits: mapped (RFC 4291 §2.5.5.2), NAT64 (RFC 6052 §2.1)
_EMBEDDING = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
#: public by the registries, and yet no place on the internet
_NOWHERE: tuple[Network, ...] = (
    IPv4Network("168.63.129.16/32"),  # Azure's own agent, on every machine there
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, given up (RFC 7526)
    IPv6Network("2002::/16"),  # 6to4: an IPv4 address of anybody inside (RFC 7526)
    IPv6Network("2001::/32"),  # Teredo: likewise (RFC 4380)
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
)


class Refused(Exception):
    """Nothing may be sent there. `code`: invalid, https, userinfo, unresolved, inside."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Egress:
    """The way out. `networks`: where it may lead beside the internet, also without TLS."""

    def __init__(
        self, networks: Sequence[str | Network] = (), resolve: Resolve | None = None
    ) -> None:
        self._networks = [ip_network(network) for network in networks]
        self._resolve = resolve or _resolve
        self._threads = ThreadPoolExecutor(RESOLVING, thread_name_prefix="resolve")

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The machine's own authorities, among them those of the house."""
        return ssl.create_default_context()

    async def look(self, url: str | httpx.URL) -> list[str]:
        """The addresses a request to `url` may go to. Raises `Refused`."""
        parsed = _parse(url)
        found = await self._addresses(parsed.raw_host.decode())
        if not all(self.allows(each, tls=parsed.scheme == "https") for each in found):
            raise Refused("https" if all(map(is_public, found)) else "inside")
        return [str(each) for each in found]

    async def fault(self, url: str) -> FieldError | None:
        """What stands against `url` in a form."""
        try:
            await self.look(url)
        except Refused as error:
            return FieldError("url", error.code)
        return None

    def allows(self, address: Ip, *, tls: bool) -> bool:
        """Without TLS only what the setting names."""
        plain = _plain(address)
        if any(plain in network for network in self._networks):
            return True
        return tls and is_public(address)

    def client(self) -> httpx.AsyncClient:
        """For one request: a connection is not used for another name at the same address. Its
        requests raise `Refused` too."""
        transport = _Pinned(self, verify=self._tls, trust_env=False)
        return httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
        )

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _addresses(self, host: str) -> list[Ip]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                texts = await loop.run_in_executor(self._threads, self._resolve, host)
            found = [ip_address(text) for text in dict.fromkeys(texts)]
        except (OSError, ValueError) as error:  # TimeoutError and UnicodeError are such
            raise Refused("unresolved") from error
        if not found:
            raise Refused("unresolved")
        return found


class _Pinned(httpx.AsyncHTTPTransport):
    """Connects to the address that was looked at; Host, SNI and certificate are the name's."""

    def __init__(self, egress: Egress, *, verify: ssl.SSLContext, trust_env: bool) -> None:
        super().__init__(verify=verify, trust_env=trust_env)
        self._egress = egress

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url, last = request.url, None
        for address in await self._egress.look(url):
            pinned = httpx.Request(
                request.method,
                url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions | {"sni_hostname": url.raw_host.decode()},
            )
            try:
                return await super().handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                last = error  # of several addresses the next may be there
        assert last is not None, "a name that was looked at has an address"
        raise last


def is_public(address: Ip) -> bool:
    """Whether it lies on the internet; an IPv4 address inside an IPv6 one counts for itself."""
    plain = _plain(address)
    if isinstance(plain, IPv6Address) and plain not in _GLOBAL_UNICAST:
        return False
    if plain.is_multicast or any(plain in network for network in _NOWHERE):
        return False
    return plain.is_global


def _plain(address: Ip) -> Ip:
    if any(address in network for network in _EMBEDDING):
        return IPv4Address(address.packed[-4:])
    return address


def _parse(url: str | httpx.URL) -> httpx.URL:
    """By the same parser that connects: two that read one address differently are a hole."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused("invalid") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host or "%" in parsed.host:
        raise Refused("invalid")
    if parsed.port is not None and not 0 < parsed.port <= LAST_PORT:
        raise Refused("invalid")
    if parsed.userinfo:
        raise Refused("userinfo")
    return parsed


def _resolve(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
