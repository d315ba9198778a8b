"""What one SMTP or LMTP listener carries, and what one client of it may do."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from time import monotonic

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
#: clients whose counts are kept before those that have been quiet are forgotten
MOST_CLIENTS = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Octets, numbers, and seconds."""

    message_size: int = 35 * 1024 * 1024
    #: of all connections together, while they receive
    buffered: int = 256 * 1024 * 1024
    connections: int = 100
    #: of silence
    idle: float = 300.0
    #: for one message, however little of it comes at a time
    longest: float = 1_800.0
    #: connections of one client at once
    connections_each: int = 40
    #: of one client; above what one known sender may send in an hour (DESIGN §4), all at once
    messages_a_minute: int = 1_200
    #: refusals in one connection, after which it ends
    errors: int = 20
    #: servers of ours in front of this one, which have limits of their own
    trusted: tuple[IPv4Network | IPv6Network, ...] = LOOPBACK


class Clients:
    """Who is connected, and how much each sent lately. A client is an address; "" is a socket of
    this machine."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._connected: Counter[str] = Counter()
        #: messages a client may still send, and when that was counted
        self._left: dict[str, tuple[float, float]] = {}

    def is_trusted(self, client: str) -> bool:
        if not client:
            return True
        address = ip_address(client.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            # as sockets that serve both families name clients of the older one
            address = address.ipv4_mapped
        return any(address in network for network in self._limits.trusted)

    def enter(self, client: str) -> bool:
        """Count a connection; false when there are too many, of all or of this client."""
        if self._connected.total() >= self._limits.connections:
            return False
        full = self._connected[client] >= self._limits.connections_each
        if full and not self.is_trusted(client):
            return False
        self._connected[client] += 1
        return True

    def leave(self, client: str) -> None:
        self._connected[client] -= 1
        if not self._connected[client]:
            del self._connected[client]

    def may_send(self, client: str) -> bool:
        """Count a message; false when the client has used up what a minute allows."""
        if self.is_trusted(client):
            return True
        most, now = float(self._limits.messages_a_minute), self._clock()
        left, counted = self._left.get(client, (most, now))
        left = min(left + (now - counted) * most / 60, most)
        if left < 1:
            return False
        if len(self._left) >= MOST_CLIENTS:
            self._left = {one: kept for one, kept in self._left.items() if now - kept[1] < 60}
        self._left[client] = (left - 1, now)
        return True
