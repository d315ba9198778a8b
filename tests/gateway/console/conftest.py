from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from gateway import runtime as runtimes
from gateway.settings import load
from tests.conftest import MigratedCopy
from tests.doubles.processes import free_port
from tests.gateway.console.door import Door, mailed_instance
from tests.gateway.console.guarded import Agentry, Guarded, guarded_instance
from tests.gateway.console.served import Instance, Served, people


@pytest.fixture(scope="module")
def instance(
    migrated_copy: MigratedCopy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    folder: Path = tmp_path_factory.mktemp("console")
    port = free_port()
    settings = load(
        {
            "PONTE_DATABASE__URL": migrated_copy("sqlite", folder),
            "PONTE_BLOBS__URL": f"file:{folder}/blobs",
            "PONTE_INSURER__NAME": "Operadora Modelo",
            "PONTE_INSURER__ANS_REGISTRATION": "999997",
            "PONTE_WEB__PORT": str(port),
        }
    )
    runtime = runtimes.build(settings)
    holder: list[Instance] = []
    runtime = replace(runtime, kit=replace(runtime.kit, clock=lambda: holder[0].now))
    holder.append(Instance(runtime, f"http://127.0.0.1:{port}"))
    runtime.work.write_now(people, datetime.now(UTC))
    with Served(runtime):
        yield holder[0]
    runtime.close()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def door(
    request: pytest.FixtureRequest,
    migrated_copy: MigratedCopy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Door]:
    """An instance that takes mail by SMTP, on both databases."""
    folder: Path = tmp_path_factory.mktemp("mailed")
    with mailed_instance(migrated_copy(request.param, folder), folder) as (instance, port):
        yield Door(instance, port)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def guarded(
    request: pytest.FixtureRequest,
    migrated_copy: MigratedCopy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Guarded]:
    """An instance for the ways in, on both databases."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    with guarded_instance(migrated_copy(request.param, folder), folder) as instance:
        yield instance


@pytest.fixture
def agentry(guarded: Guarded) -> Iterator[Agentry]:
    with httpx.Client(base_url=guarded.url, timeout=60) as client:
        yield Agentry(client)
    guarded.skew = timedelta()
