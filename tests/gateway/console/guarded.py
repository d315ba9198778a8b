"""An instance for the ways in: its pages have a name, so that browsers allow passkeys, and each test
gets people of its own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pyotp
from sqlalchemy import select

from gateway import runtime as runtimes
from gateway.settings import load
from helpdesk import registers
from helpdesk.models import Agent, Outbox, Profile
from tests.doubles.passwords import quick_hash
from tests.doubles.processes import free_port
from tests.gateway.console.served import PASSWORD, Instance, Served, csrf, people

SEED = re.compile(r'<code class="seed">([A-Z2-7 ]+)</code>')
RECOVERY = re.compile(r"<li><code>([a-z0-9-]+)</code></li>")


@dataclass
class Guarded(Instance):
    """`skew` turns the instance's clock."""

    skew: timedelta = field(default=timedelta())

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def agent(self, login: str, profile: str = "atendente", password: str = PASSWORD) -> int:
        hashed = quick_hash(password) if password else ""
        added = self.write(
            registers.add_agent,
            login,
            login.capitalize(),
            f"{login}@op.example",
            hashed,
            now=self.now,
            profile=profile,
        )
        return added.id

    def set(self, table: Any, key: Any, **values: Any) -> None:
        def change(session: Any) -> None:
            row = session.get(table, key)
            for name, value in values.items():
                setattr(row, name, value)

        self.write(change)

    def notices(self, name: str, address: str) -> list[Outbox]:
        wanted = select(Outbox).where(Outbox.notice == name, Outbox.address == address)
        return self.read(lambda s: s.scalars(wanted.order_by(Outbox.id)).all())

    def strict_profile(self) -> str:
        """The code of a profile that asks for a second factor."""

        def add(session: Any) -> None:
            if session.scalar(select(Profile.id).where(Profile.code == "rigor")) is None:
                session.add(
                    Profile(
                        code="rigor",
                        name="Rigor",
                        permissions=["ticket.read"],
                        groups=[],
                        second_factor=True,
                    )
                )

        self.write(add)
        return "rigor"

    def profile_of(self, agent_id: int) -> str:
        wanted = select(Profile.code).join(Agent, Agent.profile_id == Profile.id)
        return self.read(lambda s: s.scalar(wanted.where(Agent.id == agent_id)))


@contextmanager
def guarded_instance(url: str, folder: Path, **more: str) -> Iterator[Guarded]:
    port = free_port()
    settings = load(
        {
            "PONTE_DATABASE__URL": url,
            "PONTE_SECRET_KEY": "guarded-" + "k" * 32,
            "PONTE_BLOBS__URL": f"file:{folder}/blobs",
            "PONTE_PRIVACY__LEDGER": f"{folder}/erasures.jsonl",
            "PONTE_INSURER__NAME": "Operadora Modelo",
            "PONTE_INSURER__ANS_REGISTRATION": "999997",
            "PONTE_WEB__PORT": str(port),
            "PONTE_WEB__PUBLIC_URL": f"http://localhost:{port}",
            **more,
        }
    )
    runtime = runtimes.build(settings)
    holder: list[Guarded] = []
    kit = replace(runtime.kit, clock=lambda: holder[0].now)
    runtime = replace(runtime, kit=kit)
    runtime.work.write_now(people, datetime.now(UTC))
    holder.append(Guarded(runtime, f"http://localhost:{port}"))
    with Served(runtime):
        yield holder[0]
    runtime.close()


@dataclass
class Agentry:
    """One agent's browser without scripts."""

    client: httpx.Client
    seed: str = ""
    codes: list[str] = field(default_factory=list[str])

    def enter(self, login: str, password: str = PASSWORD) -> httpx.Response:
        return self.send("/entrar", "/entrar", login=login, password=password)

    def send(self, page: str, path: str, **data: str) -> httpx.Response:
        """Post as a form of `page` would."""
        token = csrf(self.client.get(page, follow_redirects=True))
        return self.client.post(path, data={"csrf": token, **data})

    def second(self, asked: httpx.Response, code: str) -> httpx.Response:
        """Answer the page that asks for the second factor."""
        data = {name: hidden(asked.text, name) for name in ("csrf", "passed", "app", "voltar")}
        return self.client.post("/entrar/segundo", data=data | {"code": code})

    def enrol(self, at: datetime) -> httpx.Response:
        page = self.client.get("/central/conta/aplicativo")
        found = SEED.search(page.text)
        assert found, page.text
        self.seed = found[1].replace(" ", "")
        data = {"csrf": csrf(page), "seed": hidden(page.text, "seed"), "code": self.code(at)}
        answer = self.client.post("/central/conta/aplicativo", data=data)
        self.codes = RECOVERY.findall(answer.text)
        return answer

    def code(self, at: datetime) -> str:
        return pyotp.TOTP(self.seed).at(at)


def hidden(text: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', text)
    return unescape(found[1]) if found else ""
