"""The portal as its visitors meet it: the whole application over a real database and real blobs."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels import web
from gateway import runtime as composing
from gateway import settings
from gateway.app import create_app
from gateway.runtime import Runtime
from helpdesk import install
from helpdesk.border import (
    Actor,
    ActorKind,
    Address,
    Channel,
    Contact,
    File,
    Inbound,
    Receipt,
)
from helpdesk.desk import Desk
from helpdesk.intake import receive_many
from helpdesk.models import Agent, Membership, Outbox, Person, Profile, Provider, Sector
from tests.doubles.passwords import quick_hash

PASSWORD = "uma senha comprida"
LUCIANA, BRUNO, CARLA, OWN = (
    "luciana@vilaserena.example",
    "bruno@aurora.example",
    "carla@dois.example",
    "olga@vilaserena.example",
)
#: id of each person and of each provider, as seeded
PEOPLE = {LUCIANA: 1, BRUNO: 2, CARLA: 3, OWN: 4}
VILA, AURORA = 1, 2


@dataclass
class Portal:
    """The application, a clock that tests turn, and shortcuts to what others do meanwhile."""

    runtime: Runtime
    app: Litestar
    now: datetime = datetime(2026, 11, 24, 12, 12, tzinfo=UTC)
    sent: int = 0

    def desk(self) -> Desk:
        agent = Actor(ActorKind.AGENT, 1, "Ana Souza", frozenset({"*"}))
        return Desk(agent, self.runtime.policy, self.now)

    def do(self, verb: Any, *arguments: Any, **named: Any) -> Any:
        """An agent acts."""
        return self.runtime.work.write_now(verb, self.desk(), *arguments, **named)

    def write(self, verb: Any, *arguments: Any, **named: Any) -> Any:
        return self.runtime.work.write_now(verb, *arguments, **named)

    def read(self, query: Any, *arguments: Any, **named: Any) -> Any:
        return self.runtime.work.read_now(query, *arguments, **named)

    def all(self, table: Any, *conditions: Any) -> list[Any]:
        def load(session: Session) -> list[Any]:
            return list(session.scalars(select(table).where(*conditions)))

        return self.read(load)

    def set(self, table: Any, key: Any, **values: Any) -> None:
        def change(session: Session) -> None:
            row = session.get(table, key)
            for name, value in values.items():
                setattr(row, name, value)

        self.write(change)

    def open(
        self, email: str = LUCIANA, provider: int = VILA, title: str = "Glosa", **more: Any
    ) -> Receipt:
        """Somebody opened a contact."""
        self.sent += 1
        person = PEOPLE[email]
        inbound = Inbound(
            Channel.WEB,
            Address(Channel.WEB, f"person:{person}", "Luciana Reis"),
            more.pop("text", "Bom dia."),
            f"form:test{self.sent}",
            self.now,
            title=title,
            provider_id=provider,
            person_id=person,
            classification="GLO",
            subclassification="GLO.1",
            contact=Contact("Luciana Reis", "(31) 3222-0101", more.pop("email_given", email)),
            **more,
        )
        (receipt,) = self.write(receive_many, [inbound], self.runtime.policy, now=self.now)
        return receipt

    def store(self, name: str, data: bytes, kind: str = "application/pdf") -> File:
        return File(name, kind, len(data), self.runtime.blobs.put(data))

    def notices(self, name: str) -> list[Outbox]:
        return self.all(Outbox, Outbox.notice == name)


@dataclass
class Visit:
    """A browser without scripts: keeps cookies, reads forms, sends them."""

    client: httpx.Client
    page: httpx.Response | None = None
    csrf: str = ""

    def get(self, path: str, **query: str) -> httpx.Response:
        return self._see(self.client.get(path, params=query or None, follow_redirects=False))

    def post(
        self, path: str, data: dict[str, Any] | None = None, files: Any = None
    ) -> httpx.Response:
        """Sends the hidden fields of the page it looks at beside `data`."""
        sent: dict[str, Any] = {"csrf": self.csrf, **self.hidden(), **(data or {})}
        return self._see(self.client.post(path, data=sent, files=files, follow_redirects=False))

    def follow(self) -> httpx.Response:
        assert self.page is not None
        assert self.page.status_code == 303, self.page.text
        return self.get(self.page.headers["location"])

    def enter(self, email: str = LUCIANA, back: str = "") -> httpx.Response:
        self.get("/", **({"voltar": back} if back else {}))
        answer = self.post("/", {"email": email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return answer

    def hidden(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        text = self.page.text if self.page is not None else ""
        for tag in re.findall(r"<input type=\"hidden\"[^>]*>", text):
            name = re.search(r'name="([^"]*)"', tag)
            value = re.search(r'value="([^"]*)"', tag)
            if name and value and unescape(value[1]) not in found.get(name[1], []):
                found.setdefault(name[1], []).append(unescape(value[1]))
        return found

    def value(self, name: str) -> str:
        """What an input or a text area of the page holds."""
        text = self.page.text if self.page is not None else ""
        area = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', text, re.DOTALL)
        if area:
            return unescape(area[1])
        line = re.search(rf'<input id="{name}"[^>]* value="([^"]*)"', text)
        if line:
            return unescape(line[1])
        chosen = re.search(
            rf'<select id="{name}".*?<option value="([^"]*)" selected', text, re.DOTALL
        )
        return unescape(chosen[1]) if chosen else ""

    def _see(self, answer: httpx.Response) -> httpx.Response:
        self.page = answer
        self.csrf = self.hidden().get("csrf", [self.csrf])[0]
        return answer


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    yield from make_portal(database_url, tmp_path)


def make_portal(url: str, folder: Path, **more: str) -> Iterator[Portal]:
    chosen = settings.load(
        {
            "PONTE_DATABASE__URL": url,
            "PONTE_SECRET_KEY": "k" * 32,
            "PONTE_BLOBS__URL": f"file:{folder / 'blobs'}",
            "PONTE_PRIVACY__LEDGER": str(folder / "erasures.jsonl"),
            "PONTE_INSURER__NAME": "Operadora Modelo",
            "PONTE_INSURER__ANS_REGISTRATION": "999997",
            "PONTE_LIMITS__ATTACHMENT_SIZE": "100000",
            "PONTE_LIMITS__ATTACHMENT_COUNT": "3",
            **more,
        }
    )
    runtime = composing.build(chosen)
    holder: list[Portal] = []
    kit = replace(runtime.kit, clock=lambda: holder[0].now)
    runtime = replace(runtime, kit=kit, channels={"web": web.connect(kit, None)})
    portal = Portal(runtime, create_app(runtime))
    holder.append(portal)
    portal.write(install.install)
    portal.write(seed, portal.now)
    yield portal
    runtime.close()


@contextmanager
def serving(app: Litestar) -> Iterator[str]:
    """The application over HTTP on a free port; its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    thread = Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture
def address(portal: Portal) -> Iterator[str]:
    with serving(portal.app) as found:
        yield found


@pytest.fixture
def visit(address: str) -> Iterator[Visit]:
    with httpx.Client(base_url=address, timeout=30) as client:
        yield Visit(client)


@pytest.fixture
def other(address: str) -> Iterator[Visit]:
    """Somebody else's browser."""
    with httpx.Client(base_url=address, timeout=30) as client:
        yield Visit(client)


def seed(session: Session, now: datetime) -> None:
    providers: list[Provider] = []
    for code, name in (("P1", "Clínica Vila Serena"), ("P2", "Laboratório Aurora")):
        provider = Provider(code=code, name=name, sort_name=name.lower())
        session.add(provider)
        session.flush()
        providers.append(provider)
    people = (
        ("Luciana Reis", LUCIANA, (VILA,), "all"),
        ("Bruno Melo", BRUNO, (AURORA,), "all"),
        ("Carla Dias", CARLA, (VILA, AURORA), "all"),
        ("Olga Nunes", OWN, (VILA,), "own"),
    )
    for name, email, ids, scope in people:
        person = Person(
            name=name,
            email=email,
            phone="(31) 3222-0101",
            invited_at=now,
            password_hash=quick_hash(PASSWORD),
        )
        session.add(person)
        session.flush()
        assert person.id == PEOPLE[email]
        for provider_id in ids:
            session.add(Membership(person_id=person.id, provider_id=provider_id, scope=scope))
    profile = session.scalars(select(Profile).order_by(Profile.id)).first()
    sector = session.scalars(select(Sector).order_by(Sector.id)).first()
    assert profile is not None
    assert sector is not None
    session.add(
        Agent(
            login="ana",
            name="Ana Souza",
            email="ana@op.example",
            profile_id=profile.id,
            sector_id=sector.id,
        )
    )
