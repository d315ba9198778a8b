"""The mail channel: IMAP, SMTP and LMTP in, SMTP out.

Mail is accepted first and understood later: listeners put raw bytes on the doorstep and tell the
server only then that they have them (`arrivals`); appliers call a `Reader` (`understand`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from channels.kit import Connected, Kit
    from channels.mail.config import MailConfig


def connect(kit: Kit, config: MailConfig) -> Connected | None:
    """Everything the settings ask for; None when we have no address."""
    # Whoever only reads a message (`ponte mail explain`) would wait for servers and relays
    from channels.mail import connecting  # noqa: PLC0415

    return connecting.connect(kit, config)
