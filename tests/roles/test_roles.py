"""Every address and everybody who may ask: what comes back is what `docs/routes.md` says.

The table is written by hand. What is compared is the whole application, as it is served.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.admin import screens
from helpdesk import access, webhooks
from tests.conftest import MigratedCopy
from tests.roles.world import ROLES, Things, World, serving

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs/routes.md"
FORMS: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "forms.toml").read_text(encoding="utf-8")
)
INTERNAL = "Internal listener"
REGISTERS = "Registers"
METHODS = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /")
#: forms of no page of ours: what proves them is in their address or their headers
NO_CSRF = frozenset({"POST /telegram/webhook"})
REFUSED = frozenset({403, 404})


@dataclass(frozen=True)
class Row:
    address: str
    rights: tuple[str, ...]
    answers: dict[str, str]
    #: the register it is asked of
    slug: str = "prestadores"

    @property
    def method(self) -> str:
        return self.address.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.address.partition(" ")[2]


def table() -> dict[str, list[Row]]:
    """The rows of each section."""
    sections: dict[str, list[Row]] = {}
    section = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if METHODS.match(cells[0]):
            address, right, *answers = cells
            rights = () if right in {"-", "public"} else tuple(right.split())
            row = Row(address, rights, dict(zip(ROLES, answers, strict=True)))
            sections.setdefault(section, []).append(row)
    return sections


def register_rights() -> dict[str, str]:
    """The right of each register, by its address."""
    section = TABLE.read_text(encoding="utf-8").partition(f"## {REGISTERS}\n")[2]
    lines = section.partition("\n## ")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1] for row in cells if len(row) == 2 and row[1].startswith("registers.")}


def of_registers(rows: list[Row]) -> list[Row]:
    """The rows of one register, of each."""
    return [
        replace(row, rights=tuple(f"{right}.{each}" for each in row.rights), slug=slug)
        for slug, right in register_rights().items()
        for row in rows
    ]


SECTIONS = table()
PUBLIC = [row for name, rows in SECTIONS.items() if name != INTERNAL for row in rows]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def world(
    request: pytest.FixtureRequest,
    migrated_copy: MigratedCopy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("roles")
    with (
        serving(migrated_copy(request.param, folder), folder) as world,
        pytest.MonkeyPatch.context() as patch,
    ):
        # Each role has one of its own for each row.
        patch.setattr(webhooks, "MOST", 1_000_000)
        yield world


def test_every_address_has_its_row_and_no_row_is_without_address(world: World):
    rows = [row.address for row in PUBLIC]
    assert len(rows) == len(set(rows)), "twice in the table"
    assert set(rows) == world.routes()
    assert {row.address for row in SECTIONS[INTERNAL]} == world.internal_routes()


def test_every_right_of_the_table_is_one():
    named = {right for row in PUBLIC for right in row.rights} - {"read", "write"}
    named |= {right for row in of_registers(SECTIONS[REGISTERS]) for right in row.rights}
    assert named <= set(access.PERMISSIONS)


def test_every_register_has_its_right():
    assert register_rights().keys() == screens.SCREENS.keys()


@pytest.mark.slow
@pytest.mark.parametrize("section", [name for name in SECTIONS if name != INTERNAL])
def test_everybody_gets_what_the_table_says(world: World, section: str):
    found: list[str] = []
    rows = SECTIONS[section]
    for row in of_registers(rows) if section == REGISTERS else rows:
        world.grant(row.rights)
        for role in ROLES:
            said = asked(world, row, role)
            if said not in row.answers[role].split("/"):
                found.append(f"{row.address} {row.slug} · {role}: {said}, not {row.answers[role]}")
    assert not found, "\n".join(found)


def test_a_form_of_another_site_is_refused(world: World):
    found: list[str] = []
    for row in PUBLIC:
        if row.method == "GET" or row.path.startswith("/api/") or row.address in NO_CSRF:
            continue
        role = "A" if row.answers["A"] != "door" else "admin"
        path = world.filled(row.path, world.shared)
        answer = world.ask(row.method, path, role, form_of(row, world.shared), csrf=False)
        if answer.status_code != 403:
            found.append(f"{row.address}: {answer.status_code}")
    assert not found, "\n".join(found)


def test_the_internal_addresses_are_on_their_own_listener_only(world: World):
    for row in SECTIONS[INTERNAL]:
        assert httpx.get(f"{world.internal}{row.path}").status_code == 200
    assert httpx.get(f"{world.url}/metrics").status_code == 404


def asked(world: World, row: Row, role: str) -> str:
    """The answer as the table writes it. Whoever may change something changes a thing of its own:
    what one role did is not in the way of the next. What was refused has changed nothing."""
    changes = row.method != "GET" and row.answers[role] not in {"door", "401"}
    is_own = changes or "alert_id" in row.path
    of_register = "{slug:" in row.path
    things = world.shared
    if is_own:
        make = world.records if of_register else lambda: world.things(role)
        things = world.unused.pop((role, of_register), None) or make()
    answer = world.ask(
        row.method, world.filled(row.path, things, row.slug), role, form_of(row, things)
    )
    if answer.status_code in {302, 303} and is_door(answer):
        return "door"
    if is_own and answer.status_code in REFUSED:
        world.unused[role, of_register] = things
    # Litestar adds the charset of every text: one of ours beside it would make two.
    assert answer.headers.get("content-type", "").count("charset") < 2, row.address
    return str(answer.status_code)


def is_door(answer: httpx.Response) -> bool:
    place = answer.headers["location"]
    return place == "/" or place.startswith(("/entrar", "/?voltar="))


def form_of(row: Row, things: Things) -> dict[str, Any]:
    return {name: filled(value, things) for name, value in FORMS.get(row.address, {}).items()}


def filled(value: Any, things: Things) -> Any:
    """`$number` is the thing's own; lists and tables hold the like."""
    if isinstance(value, dict):
        return {name: filled(inner, things) for name, inner in value.items()}
    if isinstance(value, str) and value.startswith("$"):
        return things.values[value[1:]]
    return value
