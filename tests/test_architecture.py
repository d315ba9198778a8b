"""House rules that no linter has. Each says where it is broken."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.templating import environment

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("helpdesk", "channels", "gateway")
LONGEST = 300
#: the only places that end a transaction
ENDS_TRANSACTIONS = {"gateway/work.py", "helpdesk/migrations/env.py"}
#: what reads the clock; a verb is told the time
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}


def modules(*packages: str) -> Iterator[Path]:
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).parts
            if "node_modules" not in parts and "versions" not in parts:
                yield path


def calls(path: Path) -> Iterator[tuple[ast.Call, str, str]]:
    """Each call of a method in a module, with its receiver (as written) and the method's name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, ast.unparse(node.func.value), node.func.attr


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def test_only_the_unit_of_work_ends_transactions():
    found = [
        place(path, call.lineno)
        for path in modules()
        if path.relative_to(ROOT).as_posix() not in ENDS_TRANSACTIONS
        for call, _, method in calls(path)
        if method in {"commit", "rollback"}
    ]
    assert found == []


def test_each_flush_has_its_reason_beside_it():
    found = list[str]()
    for path in modules():
        lines = path.read_text(encoding="utf-8").splitlines()
        found += [
            place(path, call.lineno)
            for call, receiver, method in calls(path)
            if method == "flush" and receiver.endswith("session")
            if not any("#" in line for line in lines[call.lineno - 2 : call.lineno])
        ]
    assert found == []


def test_the_core_never_reads_the_clock():
    found = [
        place(path, call.lineno)
        for path in modules("helpdesk")
        for call, receiver, method in calls(path)
        if method in CLOCKS and receiver in {"datetime", "date", "time", "datetime.datetime"}
    ]
    assert found == []


def test_no_module_has_more_than_one_job_can_need():
    found = {
        str(path.relative_to(ROOT)): lines
        for path in modules()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert found == {}


def test_each_channel_is_declared():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    folders = {path.parent.name for path in (ROOT / "channels").glob("*/__init__.py")}
    assert declared["ponte.channels"] == {name: f"channels.{name}" for name in folders}


ENVIRONMENT = environment({}, ZoneInfo("America/Sao_Paulo"))


@pytest.mark.parametrize("name", ENVIRONMENT.list_templates())
def test_each_template_compiles(name: str):
    assert ENVIRONMENT.get_template(name)
