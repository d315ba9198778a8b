"""A whole Ponte as its own process, on loopback, and the hands that reach into it from outside."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import registers, sessions
from helpdesk.models import InboundRaw, MailboxCursor, Outbox
from tests.doubles.passwords import quick_hash
from tests.doubles.processes import PATIENCE, NotRunning, free_port, wait_until

ADDRESS = "atendimento@operadora.example"
PASSWORD = "uma senha comprida"
SECRET = "flows-" + "k" * 32
LUCIANA, BRUNO = "luciana@vilaserena.example", "bruno@aurora.example"
ANA = "ana"
#: code, name, e-mail of the person, person
PROVIDERS = (
    ("P1", "Clínica Vila Serena", LUCIANA, "Luciana Reis"),
    ("P2", "Laboratório Aurora", BRUNO, "Bruno Melo"),
)


def seed(session: Session) -> str:
    """Two providers with a person each, one agent; returns the agent's API token."""
    now = datetime.now(UTC)
    for code, name, email, person in PROVIDERS:
        row = registers.ProviderRow(
            code=code, name=name, email=email, person=person, phone="(31) 3222-0101"
        )
        provider = registers.upsert_provider(session, row, now=now)
        member = registers.add_person(session, provider, person, email, role="manager")
        member.password_hash, member.invited_at, member.phone = quick_hash(PASSWORD), now, row.phone
    registers.add_agent(
        session,
        ANA,
        "Ana Souza",
        "ana.souza@operadora.example",
        quick_hash(PASSWORD),
        now=now,
        profile="admin",
        sector="REL",
    )
    return sessions.add_token(session, "flows", ANA, now=now)


def accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _has_cursor(session: Session) -> bool:
    return session.scalar(select(MailboxCursor.account)) is not None


@dataclass
class Instance:
    """`start`, then use; `stop` as an operator would, `kill` as a power cut would."""

    folder: Path
    database: str
    settings: dict[str, str] = field(default_factory=dict[str, str])
    port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)
    token: str = ""
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: v for name, v in os.environ.items() if not name.startswith("PONTE_")}
        return kept | {
            "PONTE_DATABASE__URL": self.database,
            "PONTE_BLOBS__URL": f"file:{self.folder / 'blobs'}",
            "PONTE_SECRET_KEY": SECRET,
            "PONTE_WEB__PORT": str(self.port),
            "PONTE_INSURER__NAME": "Operadora Modelo",
            "PONTE_INSURER__ANS_REGISTRATION": "999997",
            "PONTE_MAIL__ADDRESS": ADDRESS,
            "PONTE_MAIL__SMTP_LISTEN": f"127.0.0.1:{self.smtp_port}",
            **self.settings,
        }

    def seed(self) -> None:
        work = Work(self.database)
        self.token = work.write_now(seed)
        work.close()

    def start(self, *, receives: bool = True) -> None:
        """Not `receives`: beside another process of the same database, which has the mail."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "serve"],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self._is_ready, lambda: self.log)
        if receives:
            wait_until(lambda: accepts(self.smtp_port), lambda: self.log)

    def stop(self) -> int:
        """As Ctrl-C does; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self._ended()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self._ended()

    @property
    def is_running(self) -> bool:
        return self.process is not None

    def command(self, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """`ponte …` beside the running server."""
        return subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            cwd=self.folder,
            env=self.environ,
            input=given,
            capture_output=True,
            check=False,
        )

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Ask the API as the agent does, no faster than it allows; a refusal fails the test with
        what it says."""
        while True:
            answer = httpx.request(
                method,
                f"{self.url}/api/v1{path}",
                json=body,
                params=query or None,
                headers={"Authorization": f"Bearer {self.token}"},
                timeout=PATIENCE,
            )
            if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                break
            time.sleep(int(answer.headers["Retry-After"]))
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def tickets(self) -> list[dict[str, Any]]:
        """Every ticket with its messages, oldest first."""
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self.call("GET", "/tickets", order="number", direction="asc", limit=200, **more)
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    def ticket(self, number: int) -> dict[str, Any]:
        return self.call("GET", f"/tickets/{number}")

    def wait_tickets(self, count: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.tickets()) >= count, lambda: self.log)
        return self.tickets()

    def wait_messages(self, number: int, count: int) -> list[dict[str, Any]]:
        """Wait until the ticket holds so many messages; returns them."""
        wait_until(lambda: len(self.ticket(number)["messages"]) >= count, lambda: self.log)
        return self.ticket(number)["messages"]

    def settled(self) -> int:
        """How many mails that came in were understood and placed, or held."""
        return self._count(
            select(func.count()).select_from(InboundRaw).where(InboundRaw.state != "waiting")
        )

    def under_way(self) -> int:
        """How much is still to be understood, or to leave."""
        coming = select(func.count()).select_from(InboundRaw).where(InboundRaw.state == "waiting")
        going = select(func.count()).select_from(Outbox).where(Outbox.state == "queued")
        return self._count(coming) + self._count(going)

    def _count(self, query: Select[int]) -> int:
        work = Work(self.database)
        try:
            return work.read_now(lambda session: session.scalar(query) or 0)
        finally:
            work.close()

    def wait_mailbox(self) -> None:
        """Wait for the first look at the IMAP folder: what was there before stays unread."""
        work = Work(self.database)
        try:
            wait_until(lambda: work.read_now(_has_cursor), lambda: self.log)
        finally:
            work.close()

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _is_ready(self) -> bool:
        if self._has_ended():
            raise NotRunning(self.log)
        try:
            return httpx.get(f"{self.url}/health/ready").is_success
        except httpx.TransportError:
            return False

    def _ended(self) -> int:
        assert self.process is not None
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            raise NotRunning(self.log) from error
        self.process = None
        return status
