"""A whole instance with a few people and tickets, served for real on loopback."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.identity import AGENT_COOKIE
from gateway.runtime import Runtime
from gateway.serve import running
from helpdesk import intake, registers, sessions
from helpdesk.border import (
    Actor,
    Address,
    Channel,
    Contact,
    File,
    Inbound,
    MailFacts,
    Receipt,
    Verdict,
)
from helpdesk.desk import Desk
from helpdesk.models import Agent, Membership, Profile, Provider, Ticket
from helpdesk.registers import ProviderRow
from tests.doubles.passwords import quick_hash

PASSWORD = "correta cavalo bateria"
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Instance:
    """`write` and `read` reach the same database as the pages do."""

    runtime: Runtime
    url: str
    serial: int = field(default=0)
    #: the instance's clock, while it stands still
    stopped: datetime | None = field(default=None)

    @property
    def now(self) -> datetime:
        return self.stopped or datetime.now(UTC)

    @contextmanager
    def standing_still(self, at: datetime | None = None) -> Iterator[None]:
        """What a person does in seconds may take a busy machine longer than the rule allows; and a
        rule may say something else at night. None: now."""
        self.stopped = at or self.now
        yield
        self.stopped = None

    def write(self, verb: Callable, *args: object, **kwargs: object):
        return self.runtime.work.write_now(verb, *args, **kwargs)

    def read(self, query: Callable, *args: object, **kwargs: object):
        return self.runtime.work.read_now(query, *args, **kwargs)

    def desk(self, login: str) -> Desk:
        agent_id = self.read(lambda s: s.scalar(select(Agent.id).where(Agent.login == login)))
        actor: Actor = self.read(sessions.agent_actor, agent_id)
        return Desk(actor, self.runtime.policy, self.now)

    def ticket(self, number: int) -> Ticket:
        return self.read(lambda s: s.get(Ticket, number))

    def receive(self, *inbounds: Inbound) -> list[int]:
        answers = self.write(intake.receive_many, list(inbounds), self.runtime.policy, now=self.now)
        return [a.number for a in answers if isinstance(a, Receipt) and a.number]

    def opened(self, title: str = "Lote sem protocolo", provider: str = "P1") -> int:
        """By the portal's form, in the name of the provider's first person."""
        self.serial += 1
        provider_id, person_id = self.read(_member, provider)
        inbound = Inbound(
            Channel.WEB,
            Address(Channel.WEB, f"person:{person_id}", "Luciana Reis"),
            "Enviamos o lote 0112 e não recebemos o número.",
            f"form:{title}:{self.serial}:{id(self)}",
            self.now,
            title=title,
            provider_id=provider_id,
            person_id=person_id,
            classification="LOT",
            subclassification="LOT.1",
            contact=Contact("Luciana Reis", "(31) 3222-0101", "luciana@vila.example"),
        )
        return self.receive(inbound)[0]

    def complemented(self, number: int, text: str, files: tuple[File, ...] = ()) -> None:
        self.serial += 1
        _, person_id = self.read(_member, "P1")
        self.receive(
            Inbound(
                Channel.WEB,
                Address(Channel.WEB, f"person:{person_id}", "Luciana Reis"),
                text,
                f"more:{self.serial}:{id(self)}",
                self.now,
                number=number,
                person_id=person_id,
                files=files,
            )
        )

    def mailed(self, subject: str, text: str, html: str | None = None) -> int:
        self.serial += 1
        inbound = Inbound(
            Channel.MAIL,
            Address(Channel.MAIL, "luciana@vila.example", "Luciana Reis"),
            text,
            f"smtp:{self.serial}:{id(self)}",
            self.now,
            title=subject,
            content=f"mail:{self.serial}:{id(self)}",
            html=html,
            quoted="> o que vocês escreveram",
            verdict=Verdict.VERIFIED,
            mail=MailFacts(message_id=f"<{self.serial}@vila.example>", subject=subject),
        )
        return self.receive(inbound)[0]

    @contextmanager
    def client(self, login: str | None = "ana") -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.url, timeout=60) as client:
            if login:
                host = client.base_url.host
                # where a name without a dot is kept, should the server set it anew
                domain = host if "." in host else f"{host}.local"
                client.cookies.set(AGENT_COOKIE, self.session_of(login), domain=domain)
            yield client

    def session_of(self, login: str) -> str:
        """Begun without the log-in, which has tests of its own."""
        return self.write(sessions.start, "agent", self.desk(login).actor.id, now=self.now)


def _member(session: Session, code: str) -> tuple[int, int]:
    return session.execute(
        select(Membership.provider_id, Membership.person_id)
        .join(Provider, Provider.id == Membership.provider_id)
        .where(Provider.code == code)
    ).one()


def csrf(page: httpx.Response) -> str:
    found = CSRF.search(page.text)
    assert found, page.text
    return found[1]


def enter(client: httpx.Client, login: str, password: str = PASSWORD) -> httpx.Response:
    token = csrf(client.get("/entrar"))
    data = {"csrf": token, "login": login, "password": password, "voltar": ""}
    return client.post("/entrar", data=data)


def send(
    client: httpx.Client, path: str, *, files: object = None, **data: object
) -> httpx.Response:
    """Post a form as a page of the console would."""
    token = csrf(client.get("/central"))
    return client.post(path, data={"csrf": token} | data, files=files)


def people(session: Session, now: datetime) -> None:
    secret = quick_hash(PASSWORD)
    session.add(Profile(code="leitura", name="Leitura", permissions=["ticket.read"], groups=[]))
    session.add(
        Profile(
            code="sigilo",
            name="Sigilo",
            permissions=["ticket.read", "ticket.reply"],
            groups=["sigilo"],
        )
    )
    session.flush()
    registers.add_agent(
        session, "ana", "Ana Souza", "ana@op.example", secret, now=now, sector="CTM"
    )
    registers.add_agent(session, "rafael", "Rafael Lima", "rafael@op.example", secret, now=now)
    registers.add_agent(
        session, "leo", "Leo Prado", "leo@op.example", secret, now=now, profile="leitura"
    )
    registers.add_agent(
        session, "sara", "Sara Dias", "sara@op.example", secret, now=now, profile="sigilo"
    )
    registers.add_agent(
        session, "chefe", "Clara Reis", "chefe@op.example", secret, now=now, profile="admin"
    )
    rows = [
        ProviderRow(
            code="P1",
            name="Clínica Vila Serena",
            phone="(31) 3222-0101",
            email="luciana@vila.example",
            person="Luciana Reis",
        ),
        ProviderRow(code="P2", name="Laboratório Aurora", email="lab@aurora.example", person="Edu"),
    ]
    for row in rows:
        registers.upsert_provider(session, row, now=now)


class Served:
    """The instance's own loop in a thread beside the test's."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._main())
        except Exception as error:  # noqa: BLE001 - raised again in the test's own thread
            self._failure = error
        finally:
            self._ready.set()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _main(self) -> None:
        async with running(self._runtime):
            self._ready.set()
            await self._stop.wait()

    def __enter__(self) -> None:
        self._thread.start()
        self._ready.wait(120)
        if self._failure is not None:
            raise self._failure

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
