"""What every test may ask for. Databases are real, each test has its own, as `migrate` leaves it."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from jinja2 import Environment, FileSystemBytecodeCache
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.orm import Session

from gateway import templating
from gateway.blobs import FileBlobs
from gateway.work import Work
from helpdesk.install import install
from helpdesk.migrations import upgrade
from helpdesk.policy import Policy
from helpdesk.tokens import Keyring
from tests.doubles import browser as chromium
from tests.doubles.certificates import certify
from tests.doubles.dovecot import Dovecot
from tests.doubles.postgres import Postgres
from tests.doubles.relay import Relay

MigratedCopy = Callable[[str, Path], str]

# How long an example takes says nothing on a machine that does other things too.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whom the tests' clients and the servers they start believe. Nobody is met outside of this
    machine, and reading the world's 140 authorities cost a sixth of the tests' time."""
    shown, _ = certify(tmp_path_factory.mktemp("authority"), "nobody", "localhost")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(shown))
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The instances of a run have an environment each, of the same templates."""
    kept = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(templating, "Environment", partial(Environment, bytecode_cache=kept))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever opens a browser or is a flow is slow, without a mark on each test."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()) or "flows" in item.path.parts:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A cluster for the whole run; a test that restarts it makes its own."""
    cluster = Postgres()
    cluster.start()
    yield cluster
    cluster.stop()
    cluster.remove()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    url = postgres.create()
    _migrate(url)
    return url.rpartition("/")[2]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_copy(request: pytest.FixtureRequest) -> MigratedCopy:
    """`migrated_copy("sqlite" or "postgres", folder)` is the URL of a database as `migrate` leaves it,
    for an instance that serves many tests."""

    def copy(kind: str, folder: Path) -> str:
        template: Any = request.getfixturevalue(f"migrated_{kind}")
        if kind == "postgres":
            return request.getfixturevalue("postgres").create(template)
        return f"sqlite:///{shutil.copy(template, folder / 'ponte.db')}"

    return copy


def _migrate(url: str) -> None:
    work = Work(url)
    with work.engine.begin() as connection:
        upgrade(connection)
    work.write_now(install)
    work.close()


@pytest.fixture
def sqlite_url(migrated_copy: MigratedCopy, tmp_path: Path) -> str:
    return migrated_copy("sqlite", tmp_path)


@pytest.fixture
def postgres_url(postgres: Postgres, migrated_copy: MigratedCopy, tmp_path: Path) -> Iterator[str]:
    url = migrated_copy("postgres", tmp_path)
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of its own; whatever asks for it runs on both kinds."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def work(database_url: str) -> Iterator[Work]:
    work = Work(database_url)
    yield work
    work.close()


@pytest.fixture
def session(work: Work) -> Iterator[Session]:
    """A transaction that is never committed. It holds SQLite's only writer: no `work.write` beside
    it."""
    with Session(work.engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


@pytest.fixture
def policy() -> Policy:
    return Policy(keyring=Keyring([b"k" * 32]), insurer="Vida Plena", ans_registration="419999")


@pytest.fixture
def now() -> datetime:
    """A Tuesday, 09:00 in São Paulo, in service hours."""
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Dovecot]:
    """One for the whole run; a test that stops it makes its own."""
    with Dovecot() as server:
        yield server


_names = itertools.count(1)


@pytest.fixture
def mailbox() -> str:
    """The name of a mailbox that nobody used before."""
    return f"caixa{next(_names)}"


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay()
    relay.start()
    yield relay
    relay.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for one module: Playwright's loop stands in the way of asynchronous tests there."""
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page at desktop width; the test fails when a script of ours raised or broke the policy."""
    page = chromium.open_page(browser)
    faults = chromium.watch_faults(page)
    yield page
    page.context.close()
    assert faults == []
