"""No address reads a table whole that grows with the years: what SQLite says of each statement."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from helpdesk.models.base import Base
from tests.conftest import MigratedCopy
from tests.roles.test_roles import PUBLIC, form_of
from tests.roles.world import World, serving

pytestmark = pytest.mark.slow

#: what somebody enters by hand, or what is emptied as it is worked off
SHORT = frozenset(
    "agent agent_setting alarm api_token bulk calendar_day canned_text classification"
    " content glass_break lease legal_hold local_offset mail_domain mailbox_cursor oauth_grant"
    " parameter passkey profile protocol_day provider_terms provider_type reason retention saved_view sector"
    " session status subclassification survey_form survey_question tally_change throttle"
    " webhook".split()
)
LONG = Base.metadata.tables.keys() - SHORT
#: an insertion's plan names what it would look at if a reference waited for it
READS = ("SELECT", "WITH", "UPDATE", "DELETE")
#: who is somebody, is looked for wherever somebody may stand
EVERYWHERE = "/cadastros/privacidade"
#: a table, or the alias SQLAlchemy gives it; without an index it is read from end to end
WHOLE = re.compile(r"^SCAN (\w+?)(?:_\d+)?( USING .*)?$")


@pytest.fixture(scope="module")
def world(migrated_copy: MigratedCopy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("plans")
    with serving(migrated_copy("sqlite", folder), folder) as world:
        yield world


def test_no_address_reads_a_long_table_whole(world: World):
    seen: dict[str, tuple[str, Any]] = {}
    asked = ""

    def keep(_c: Any, _cursor: Any, statement: str, given: Any, _x: Any, many: bool) -> None:
        if asked and not many and statement.startswith(READS):
            seen.setdefault(statement, (asked, given))

    event.listen(Engine, "before_cursor_execute", keep)
    for row in PUBLIC:
        world.grant(row.rights)
        role = "admin" if row.answers["A"] in {"door", "401"} else "A"
        things = world.things(role) if row.method != "GET" else world.shared
        path, form = world.filled(row.path, things), form_of(row, things)
        asked = "" if row.path.startswith(EVERYWHERE) else row.address
        world.ask(row.method, path, role, form)
        asked = ""
    event.remove(Engine, "before_cursor_execute", keep)
    assert len(seen) > len(PUBLIC) / 2

    found: list[str] = []
    with world.runtime.work.engine.connect() as connection:
        for statement, (address, given) in seen.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            for *_, step in plan:
                scan = WHOLE.match(step)
                if scan and scan[1] in LONG and (not scan[2] or "LIMIT" not in statement):
                    found.append(f"{address}: {step}\n    {' '.join(statement.split())}")
    assert not found, "\n".join(found)
