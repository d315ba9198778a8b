"""A whole instance for each flow: its own process, database, relay and, when asked, servers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.doubles import browser as chromium
from tests.doubles.bot_api import TOKEN
from tests.doubles.relay import Relay
from tests.flows.instance import Instance
from tests.flows.phone import Phone, running

Launch = Callable[..., Instance]
#: somebody sits down at a browser of their own
Seat = Callable[[], Page]


@pytest.fixture
def launch(database_url: str, relay: Relay, tmp_path: Path) -> Iterator[Launch]:
    """`launch(PONTE_…=…)` starts an instance with two providers, their people and an agent.

    Whatever a flow does, the server ends in order and has nothing to complain of.
    """
    started: list[Instance] = []

    def launch(**settings: str) -> Instance:
        given = {"PONTE_MAIL__RELAY_URL": relay.url, **settings}
        instance = Instance(tmp_path, database_url, given)
        instance.seed()
        started.append(instance)
        instance.start()
        return instance

    yield launch
    for instance in started:
        if instance.is_running:
            assert instance.stop() == 0, instance.log
        assert "Traceback" not in instance.log, instance.log


@pytest.fixture
def instance(launch: Launch) -> Instance:
    return launch()


@pytest.fixture
def seat(browser: Browser) -> Iterator[Seat]:
    pages: list[tuple[Page, list[str]]] = []

    def seat() -> Page:
        page = chromium.open_page(browser)
        pages.append((page, chromium.watch_faults(page)))
        return page

    yield seat
    for page, faults in pages:
        page.context.close()
        assert faults == []


@pytest.fixture
def phone() -> Iterator[Phone]:
    with running() as phone:
        yield phone


@pytest.fixture
def on_telegram(launch: Launch, phone: Phone) -> Instance:
    """An instance whose bot talks to the phone."""
    return launch(PONTE_TELEGRAM__TOKEN=TOKEN, PONTE_TELEGRAM__BASE_URL=phone.api.url)
