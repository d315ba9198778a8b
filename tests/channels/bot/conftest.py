"""A provider's people, an agent, the bot on a Bot API server of our own, and hands for all."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.bot import BotSender
from channels.bot.chat_lines import ChatSender
from channels.bot.config import TelegramConfig
from channels.bot.desk import Desk
from channels.bot.telegram import Line, bot
from channels.bot.telegram_out import TelegramSender
from channels.kit import Insurer, Kit
from gateway import postman, templating
from gateway.blobs import FileBlobs
from gateway.pages import Pages
from gateway.work import Work
from helpdesk import desk, sessions, tickets
from helpdesk.attachments import Limits
from helpdesk.models import Agent, Membership, Message, Outbox, Person, Profile, Provider, Ticket
from helpdesk.policy import Policy
from tests.doubles.bot_api import TOKEN, BotApi, Sent, running

EMAIL = "luciana@serena.example"
LIMITS = Limits(10, 64 * 1024, 640 * 1024)


@dataclass(slots=True)
class Clock:
    """Time that tests move by hand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass(frozen=True, slots=True)
class Office:
    """Ids of what the tests begin with."""

    provider: int
    other_provider: int
    luciana: int
    agent: int


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def pages(policy: Policy) -> Pages:
    files = {"portal.css": "p.css", "portal.js": "p.js", "icons.svg": "i.svg", "favicon.svg": "f"}
    env = templating.environment(files, policy.zone, insurer="Vida Plena", registration="419999")
    return Pages(env, policy.keyring)


@pytest.fixture
def kit(work: Work, blobs: FileBlobs, policy: Policy, clock: Clock, pages: Pages) -> Kit:
    return Kit(
        work=work,
        blobs=blobs,
        keyring=policy.keyring,
        insurer=Insurer("Vida Plena", "419999", policy.public_url, policy.zone),
        clock=clock,
        render=partial(templating.render, pages.environment),
        page=pages.page,
        policy=policy,
        limits=LIMITS,
        message_size=1024 * 1024,
    )


@pytest.fixture
def office(work: Work, now: datetime) -> Office:
    def furnish(session: Session) -> Office:
        names = ("Clínica Vila Serena", "Laboratório Aurora")
        providers = [
            Provider(code=f"P{n}", name=name, sort_name=name.casefold())
            for n, name in enumerate(names)
        ]
        luciana = Person(name="Luciana Reis", email=EMAIL, phone="+5511987654321", invited_at=now)
        profile = session.scalars(select(Profile).where(Profile.code == "admin")).one()
        agent = Agent(login="ana", name="Ana Souza", email="ana@op.example", profile_id=profile.id)
        session.add_all([*providers, luciana, agent])
        session.flush()
        session.add(Membership(person_id=luciana.id, provider_id=providers[0].id))
        return Office(providers[0].id, providers[1].id, luciana.id, agent.id)

    return work.write_now(furnish)


@dataclass(slots=True)
class Hands:
    """What a test does to the core beside the chat, and what it looks up there."""

    kit: Kit
    office: Office

    async def code(self) -> str:
        """The newest code that went out by e-mail."""

        def find(session: Session) -> str:
            query = select(Outbox.data).where(Outbox.notice == "login_code")
            return session.scalars(query.order_by(Outbox.id.desc())).first()["code"]  # type: ignore[index]

        return await self.kit.work.read(find)

    async def tickets(self) -> list[Ticket]:
        return await self.kit.work.read(
            lambda session: list(session.scalars(select(Ticket).order_by(Ticket.number)))
        )

    async def messages(self, number: int) -> list[Message]:
        query = select(Message).where(Message.number == number).order_by(Message.id)
        return await self.kit.work.read(lambda session: list(session.scalars(query)))

    async def replies(self, number: int, text: str, **more: object) -> None:
        def answer(session: Session) -> None:
            actor = sessions.agent_actor(session, self.office.agent)
            assert actor is not None
            by = desk.Desk(actor, self.kit.policy, self.kit.clock())
            tickets.reply(session, by, number, text, **more)  # type: ignore[arg-type]

        await self.kit.work.write(answer)

    async def change(self, table: type, key: object, **values: object) -> None:
        def change(session: Session) -> None:
            row = session.get_one(table, key)
            for name, value in values.items():
                setattr(row, name, value)

        await self.kit.work.write(change)

    async def join(self, provider: int, **values: object) -> None:
        def join(session: Session) -> None:
            session.add(Membership(person_id=self.office.luciana, provider_id=provider, **values))

        await self.kit.work.write(join)


@pytest.fixture
def hands(kit: Kit, office: Office) -> Hands:
    return Hands(kit, office)


@pytest_asyncio.fixture
async def api() -> AsyncIterator[BotApi]:
    async with running() as api:
        yield api


def config(api: BotApi) -> TelegramConfig:
    return TelegramConfig(token=SecretStr(TOKEN), base_url=api.url)


@dataclass(slots=True)
class Phone:
    """One person's Telegram. Each act waits until the bot has taken it."""

    api: BotApi
    chat: int
    hands: Hands

    async def says(self, text: str) -> Sent:
        await self.api.says(self.chat, text)
        return await self._answer()

    async def presses(self, words: str) -> Sent:
        await self.api.presses(self.chat, words)
        return await self._answer()

    async def sends_file(self, name: str, data: bytes, caption: str = "") -> Sent:
        await self.api.sends_file(self.chat, name, data, caption)
        return await self._answer()

    async def identifies(self, email: str = EMAIL) -> Sent:
        await self.says(email)
        return await self.says(await self.hands.code())

    async def begins(self, title: str = "Glosa em duplicidade") -> Sent:
        """A new contact up to its message."""
        await self.says("/novo")
        await self.presses("Glosa")
        await self.presses("Glosa técnica")
        return await self.says(title)

    async def opens(self, text: str, title: str = "Glosa em duplicidade") -> int:
        """Open a contact and return its number."""
        await self.begins(title)
        await self.says(text)
        await self.presses("Enviar")
        await self.presses("Confirmar e abrir")
        return (await self.hands.tickets())[-1].number

    async def _answer(self) -> Sent:
        await self.api.quiet()
        return self.api.last(self.chat)

    def heard(self) -> list[str]:
        return [sent.text for sent in self.api.sent(self.chat)]


@dataclass(slots=True)
class Naps:
    """How long the bot wanted to wait, without the waiting."""

    taken: list[float] = field(default_factory=list[float])

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@contextlib.asynccontextmanager
async def polling(kit: Kit, api: BotApi, naps: Naps) -> AsyncGenerator[Line]:
    line = Line(bot(config(api)), Desk(kit), naps)
    task = asyncio.create_task(line.poll())
    try:
        yield line
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest_asyncio.fixture
async def phone(api: BotApi, kit: Kit, hands: Hands, naps: Naps) -> AsyncIterator[Phone]:
    async with polling(kit, api, naps):
        yield Phone(api, 5001, hands)


async def deliver(kit: Kit, api: BotApi) -> None:
    """Let the postman hand over what waits for the chats."""
    async with bot(config(api)) as telegram:
        sender = BotSender(ChatSender(kit), TelegramSender(kit, telegram))
        while await postman.deliver_once(kit, sender):
            pass
