"""The document against the running server: schemathesis invents calls, good and bad ones."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from gateway.api.routes import openapi, router
from gateway.app import create_app
from helpdesk import registers
from helpdesk.registers import ProviderRow
from tests.doubles.processes import free_port, wait_until
from tests.gateway.api.conftest import bearer, build, ticket, token_of, upload

EXAMPLES = 40
#: a code must stand in a register, which no document says; OPTIONS is Litestar's own affair
EXCLUDED = "positive_data_acceptance,allow_header_conformance"


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Address and token of a server with some tickets."""
    runtime = build(database_url, tmp_path, PONTE_LIMITS__REQUESTS_PER_MINUTE="1000000")
    port = free_port()
    app = create_app(runtime, [router(runtime)], openapi=openapi())
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    address, token = f"http://127.0.0.1:{port}", token_of(runtime, "ana")
    rows = [ProviderRow(code="4512", name="Clínica do Exemplo")]
    runtime.work.write_now(registers.import_providers, rows, now=runtime.kit.clock())
    files = [upload("nota.txt", b"oi", "text/plain")]
    body = ticket(attachments=files)
    wait_until(lambda: server.started, lambda: "the server does not start")
    httpx.post(f"{address}/api/v1/tickets", json=body, headers=bearer(token)).raise_for_status()
    yield address, token
    server.should_exit = True
    thread.join()
    runtime.close()


@pytest.mark.slow
def test_no_call_ends_in_a_fault_or_in_an_answer_the_document_does_not_know(
    served: tuple[str, str], tmp_path: Path
):
    address, token = served
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            f"{address}/api/openapi.json",
            "--header",
            f"Authorization: Bearer {token}",
            "--checks",
            "all",
            "--exclude-checks",
            EXCLUDED,
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            str(EXAMPLES),
            "--continue-on-failure",
            "--seed",
            "5",
            "--warnings",
            "off",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
