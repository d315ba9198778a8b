"""The bot channel: one conversation, on Telegram and on the portal's chat page."""

from functools import partial

from channels.bot.chat_lines import ChatSender
from channels.bot.config import TelegramConfig
from channels.bot.desk import Desk
from channels.bot.telegram import Line, bot
from channels.bot.telegram_out import TelegramSender
from channels.bot.webchat import chat_router
from channels.bot.webhook import PATH, secret, webhook_router
from channels.kit import Connected, Kit
from helpdesk.border import Channel, Outbound
from helpdesk.ports import Sender


class BotSender:
    """Each notice to the transport of its channel."""

    def __init__(self, *senders: Sender) -> None:
        self._by_channel = {channel: s for s in senders for channel in s.channels}
        self.channels: frozenset[Channel] = frozenset(self._by_channel)

    async def send(self, outbound: Outbound) -> str | None:
        return await self._by_channel[outbound.address.channel].send(outbound)


def connect(kit: Kit, config: TelegramConfig) -> Connected:
    """The chat page is always there; Telegram once a token is set."""
    desk = Desk(kit)
    chat, page = ChatSender(kit), chat_router(kit, desk)
    if config.token is None:
        return Connected(routes=(page,), sender=BotSender(chat))
    line = Line(bot(config), desk)
    sender = BotSender(chat, TelegramSender(kit, line.bot))
    if config.mode == "polling":
        return Connected(routes=(page,), listeners=(line.poll,), sender=sender)
    url = f"{kit.insurer.public_url.rstrip('/')}{PATH}"
    hook = partial(line.hook, url, secret(kit.keyring))
    return Connected(
        routes=(page, webhook_router(line, kit.keyring)), listeners=(hook,), sender=sender
    )
