"""Raw arrivals: bytes as a server handed them over, before anybody understood them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """One physical arrival of one message.

    `key` is unique per arrival: `imap:account/folder/uidvalidity/uid`, `smtp:uuid`, `pipe:sha256`
    or `import:sha256`. `mailbox` is our address that received it, when known. `at` is aware UTC.
    """

    key: str
    raw: bytes
    at: datetime
    mailbox: str | None = None
    envelope_from: str | None = None
    recipients: tuple[str, ...] = ()
    quiet: bool = False
    imported: bool = False
