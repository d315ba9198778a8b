"""The parts of the mail channel, joined as the settings ask for."""

from collections.abc import Awaitable, Callable

from channels.kit import Connected, Kit
from channels.mail.addresses import Addresses
from channels.mail.arrivals import Doorstep
from channels.mail.compose import Sheet
from channels.mail.config import MailConfig
from channels.mail.imap import MailboxWatch
from channels.mail.oauth import Accounts, Vault
from channels.mail.relay import Relay
from channels.mail.smtp_limits import Limits
from channels.mail.smtpd import serve_smtp
from channels.mail.understand import Reader


def connect(kit: Kit, config: MailConfig) -> Connected | None:
    """Everything the settings ask for; None when we have no address.

    Without a relay there is no sender: notices wait in the outbox.
    """
    boxes = config.boxes
    if not boxes:
        return None
    ours = Addresses([box.address for box in boxes], config.reply_address)
    doorstep = Doorstep(kit.work, kit.blobs, ours, kit.clock, kit.has_room)
    accounts = Accounts(Vault(kit.work, kit.keyring, kit.clock))
    watches = [
        MailboxWatch(
            box,
            server,
            doorstep,
            kit.work,
            kit.clock,
            kit.message_size,
            accounts.of(box.oauth, server.user) if server.password is None else None,
        )
        for box in boxes
        if (server := box.imap) is not None
    ]
    relay = config.relay
    sheet = Sheet(ours.mailboxes, config.reply_address, kit.keyring, kit.render, config.signer)
    sender = None
    if relay is not None:
        account = accounts.of(config.oauth, relay.user) if relay.password is None else None
        sender = Relay(relay, sheet, kit.blobs, kit.clock, account)
    return Connected(
        listeners=(
            *_servers(kit, config, doorstep, ours),
            *(watch.run for watch in watches),
        ),
        sender=sender,
        close=sender.close if sender is not None else None,
        understand=Reader(config, kit.keyring, kit.blobs, config.open_resolver()),
        is_busy=doorstep.is_busy,
        health=tuple(lambda watch=watch: watch.health for watch in watches),
    )


def _servers(
    kit: Kit, config: MailConfig, doorstep: Doorstep, ours: Addresses
) -> list[Callable[[], Awaitable[None]]]:
    limits = Limits(message_size=kit.message_size)
    asked = ((config.smtp_listen, False), (config.lmtp_listen, True))
    return [
        lambda listen=listen, lmtp=lmtp: serve_smtp(
            listen, doorstep, ours, kit.clock, lmtp=lmtp, limits=limits
        )
        for listen, lmtp in asked
        if listen is not None
    ]
