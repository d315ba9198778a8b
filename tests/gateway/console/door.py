"""An instance that takes mail by SMTP, and mail as another server hands it over."""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway import runtime as runtimes
from gateway.settings import load
from helpdesk.models import Held
from tests.doubles.processes import free_port, wait_until
from tests.gateway.console.served import Instance, Served, people

BOX = "atendimento@op.example"
SERVER = "mx.op.example"


@dataclass
class Mailed(Instance):
    """`later`: a while after, for what counts minutes; listeners stay in the present."""

    skew: timedelta = field(default=timedelta())

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    @contextmanager
    def later(self, **by: int) -> Iterator[None]:
        self.skew = timedelta(**by)
        yield
        self.skew = timedelta()


@contextmanager
def mailed_instance(url: str, folder: Path, **more: str) -> Iterator[tuple[Mailed, int]]:
    """Yields the instance and the port it takes mail on. `more`: settings of its own."""
    port, smtp = free_port(), free_port()
    settings = load(
        {
            "PONTE_DATABASE__URL": url,
            "PONTE_SECRET_KEY": "quarantine-" + "k" * 32,
            "PONTE_BLOBS__URL": f"file:{folder}/blobs",
            "PONTE_PRIVACY__LEDGER": f"{folder}/erasures.jsonl",
            "PONTE_INSURER__NAME": "Operadora Modelo",
            "PONTE_INSURER__ANS_REGISTRATION": "999997",
            "PONTE_WEB__PORT": str(port),
            "PONTE_MAIL__ADDRESS": BOX,
            "PONTE_MAIL__SMTP_LISTEN": f"127.0.0.1:{smtp}",
            "PONTE_MAIL__AUTHSERV_ID": SERVER,
            "PONTE_MAIL__UNVERIFIED": "accept",
            **more,
        }
    )
    runtime = runtimes.build(settings)
    served: list[Mailed] = []
    runtime = replace(runtime, kit=replace(runtime.kit, clock=lambda: served[0].now))
    served.append(Mailed(runtime, f"http://127.0.0.1:{port}"))
    runtime.work.write_now(people, datetime.now(UTC))
    with Served(runtime):
        yield served[0], smtp
    runtime.close()


class Door:
    """Mail as another server hands it over."""

    def __init__(self, instance: Instance, port: int) -> None:
        self.instance, self.port = instance, port

    def mail(
        self, sender: str, subject: str, text: str = "Preciso de ajuda.", result: str = "pass"
    ) -> str:
        """Returns the public id of the message, once it waits in quarantine."""
        self.send(sender, subject, text, result)
        return soon(lambda: self.held(sender, subject))

    def send(self, sender: str, subject: str, text: str, result: str = "pass") -> None:
        self.instance.serial += 1
        letter = EmailMessage()
        domain = sender.rpartition("@")[2]
        if result:
            letter["Authentication-Results"] = f"{SERVER}; dmarc={result} header.from={domain}"
        letter["From"], letter["To"], letter["Subject"] = sender, BOX, subject
        letter["Message-ID"] = f"<{self.instance.serial}@{domain}>"
        letter["Date"] = "Tue, 24 Nov 2026 09:00:00 -0300"
        letter.set_content(text)
        letter.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="x.pdf")
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as smtp:
            smtp.send_message(letter)

    def held(self, sender: str, subject: str) -> str | None:
        return self.instance.read(
            lambda s: s.scalar(
                select(Held.public_id).where(Held.sender == sender, Held.subject == subject)
            )
        )


def soon(find: Callable[[], Any]) -> Any:
    """What is found, once something is."""
    found: list[Any] = []

    def looks() -> bool:
        found[:] = [find()]
        return bool(found[0])

    wait_until(looks, lambda: "it did not come")
    return found[0]
