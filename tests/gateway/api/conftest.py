"""The API on a real database of each kind, with two agents, a provider and a token for each."""

import base64
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from gateway import runtime as parts
from gateway.api.routes import openapi, router
from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.settings import load
from helpdesk import install, registers, sessions
from helpdesk.registers import ProviderRow

V1 = "/api/v1"
#: for what no database has a say in
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def runtime(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database_url, tmp_path)
    yield made
    made.close()


def build(database_url: str, folder: Path, **more: str) -> Runtime:
    settings = load(
        {
            "PONTE_DATABASE__URL": database_url,
            "PONTE_BLOBS__URL": f"file:{folder / 'blobs'}",
            "PONTE_PRIVACY__LEDGER": str(folder / "erasures.jsonl"),
            "PONTE_SECRET_KEY": "k" * 40,
            "PONTE_INSURER__NAME": "Vida Plena",
            "PONTE_INSURER__ANS_REGISTRATION": "419999",
            "PONTE_MAIL__ADDRESS": "central@vidaplena.example",
            "PONTE_LIMITS__ATTACHMENT_SIZE": "100KiB",
            "PONTE_LIMITS__ATTACHMENT_COUNT": "3",
            **more,
        }
    )
    made = parts.build(settings)
    now = made.kit.clock()
    made.work.write_now(install.install)
    for login, name, profile in (("ana", "Ana Lima", "admin"), ("rui", "Rui Sá", "admin")):
        email = f"{login}@vidaplena.example"
        made.work.write_now(registers.add_agent, login, name, email, "", now=now, profile=profile)
    rows = [
        ProviderRow(code="P1", name="Clínica Aurora", email="contato@aurora.example"),
        ProviderRow(code="P2", name="Hospital Boa Vista", document="11.444.777/0001-61"),
    ]
    made.work.write_now(registers.import_providers, rows, now=now)
    return made


def token_of(runtime: Runtime, login: str) -> str:
    return runtime.work.write_now(sessions.add_token, "test", login, now=runtime.kit.clock())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def bare(runtime: Runtime) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """Whoever calls without a token."""
    app = create_app(runtime, [router(runtime)], openapi=openapi())
    async with AsyncTestClient(app) as client:
        yield client


@pytest.fixture
def api(bare: AsyncTestClient[Litestar], runtime: Runtime) -> AsyncTestClient[Litestar]:
    """Ana's script."""
    bare.headers.update(bearer(token_of(runtime, "ana")))
    return bare


@pytest.fixture
def rui(runtime: Runtime) -> dict[str, str]:
    """Headers of the other agent's token."""
    return bearer(token_of(runtime, "rui"))


def ticket(**more: Any) -> dict[str, Any]:
    """A body of `POST /tickets`."""
    contact = {"name": "Lúcia", "phone": "(31) 3222-0101", "email": "contato@aurora.example"}
    return {
        "provider": "P1",
        "title": "Glosa da guia 412",
        "classification": "GLO",
        "subclassification": "GLO.1",
        "text": "A guia 412 foi glosada.\nPodem rever?",
        "contact": contact,
        **more,
    }


def upload(name: str, data: bytes, kind: str = "application/pdf") -> dict[str, str]:
    encoded = base64.b64encode(data).decode()
    return {"filename": name, "content_type": kind, "base64": encoded}
