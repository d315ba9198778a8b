"""The ports of the core: what it needs from the world, said as Protocols."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from helpdesk.border import Channel, Outbound


class BlobStore(Protocol):
    """Content-addressed bytes. `put` returns only when the bytes would survive a power cut."""

    def put(self, data: bytes) -> str:
        """Store and return the sha256 (hex)."""
        ...

    def put_many(self, data: Sequence[bytes]) -> list[str]:
        """Like `put` for each, in order, but the disk is asked to sync only once."""
        ...

    def get(self, sha256: str) -> bytes:
        """Raises `FileNotFoundError` when the bytes are not there."""
        ...

    def delete(self, sha256: str) -> None: ...

    def keys(self) -> Iterator[str]: ...


class Sender(Protocol):
    """One way out. `send` raises `Undeliverable` when a retry is useless, `Deferred` to wait."""

    channels: frozenset[Channel]

    async def send(self, outbound: Outbound) -> str | None:
        """Hand over one notice; returns the id the other side gave it, if any."""
        ...


class ProviderRecords(Protocol):
    """Batches, guides and payments of a provider, wherever the operadora keeps them."""

    def batches(self, provider: str, start: date, end: date) -> list[dict[str, object]]: ...

    def guides(self, provider: str, start: date, end: date) -> list[dict[str, object]]: ...

    def payments(self, provider: str, start: date, end: date) -> list[dict[str, object]]: ...
