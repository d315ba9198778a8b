"""TXT records from one DNS server, with an answer or a plain "not answered", and never for long."""

from time import monotonic
from typing import Any

import dns.exception
import dns.resolver
from dns.rdatatype import TXT

#: one question and its retries
QUESTION_SECONDS = 2.0
#: all questions about one message
MESSAGE_SECONDS = 5.0
#: a domain whose servers did not answer is not waited for again so soon
SILENT_SECONDS = 60.0
MOST_CACHED = 10_000
#: a TXT record longer than this holds no key and no policy
LONGEST_RECORD = 8_192
DNS_PORT = 53


class Unanswered(Exception):
    """Time ran out, or the servers failed: nothing is known about the name."""


class Resolver:
    """Asks `server` (an IP address), or what the system is set to. Safe from any thread."""

    def __init__(self, server: str | None, port: int = DNS_PORT) -> None:
        """Raises `OSError` when the system names no server."""
        try:
            self._dns = dns.resolver.Resolver(configure=server is None)
        except dns.resolver.NoResolverConfiguration as error:
            msg = "the system names no DNS server"
            raise OSError(msg) from error
        if server is not None:
            self._dns.nameservers = [server]
            self._dns.port = port
        self._dns.timeout = QUESTION_SECONDS
        self._dns.lifetime = QUESTION_SECONDS
        self._dns.cache = dns.resolver.LRUCache(MOST_CACHED)
        self._silent: dict[str, float] = {}

    def txt(self, name: str, within: str) -> tuple[str, ...]:
        """The TXT records of `name`, each joined (RFC 7208 §3.3); none when it has none.

        `within` is the domain asked about: one whose servers were silent is let rest. Raises
        `Unanswered`.
        """
        if monotonic() < self._silent.get(within, 0.0):
            msg = f"{within} did not answer a moment ago"
            raise Unanswered(msg)
        try:
            answer = self._dns.resolve(f"{name}.", TXT, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.DNSException, OSError, ValueError) as error:
            if isinstance(error, dns.exception.Timeout):
                self._rest(within)
            msg = f"{name}: {type(error).__name__}"
            raise Unanswered(msg) from error
        found: Any = answer.rrset or ()
        records = (b"".join(each.strings) for each in found)
        return tuple(
            record.decode("utf-8", "replace") for record in records if len(record) <= LONGEST_RECORD
        )

    def _rest(self, within: str) -> None:
        now = monotonic()
        if len(self._silent) >= MOST_CACHED:
            self._silent = {name: until for name, until in self._silent.items() if until > now}
        self._silent[within] = now + SILENT_SECONDS


class Questions:
    """What may be asked about one message: so long, and no longer."""

    def __init__(self, resolver: Resolver, within: str) -> None:
        self._resolver = resolver
        self._within = within
        self._end = monotonic() + MESSAGE_SECONDS

    def txt(self, name: str) -> tuple[str, ...]:
        """Raises `Unanswered`."""
        if monotonic() > self._end:
            msg = "no time left for this message"
            raise Unanswered(msg)
        return self._resolver.txt(name, self._within)
