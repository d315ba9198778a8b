"""The documentation names every module and every setting, and nothing that is gone."""

import re
from pathlib import Path

import pytest

from channels.mail.config import Mailbox
from gateway.settings import CONFIG, names

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PACKAGES = ("helpdesk", "channels", "gateway")
FOLDERS = sorted(
    {
        path.parent.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if not {"versions", "node_modules"} & set(path.parts)
    }
)


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_the_map_names_each_module_in_the_line_of_its_folder(folder: Path):
    lines = (DOCS / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    words = {
        word
        for line in lines
        if f"`{folder.as_posix()}/`" in line
        for word in re.findall(r"\w+", line)
    }
    modules = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    assert modules - words == set()


def test_each_setting_is_described_and_no_other():
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(PONTE_[A-Z_]+)` \|", text, flags=re.MULTILINE)
    assert sorted(rows) == sorted([*names(), CONFIG])


def test_each_field_of_a_mailbox_is_described():
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert [name for name in Mailbox.model_fields if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("path", sorted(DOCS.glob("decisions/*.md")), ids=lambda path: path.name)
def test_a_decision_is_one_page_of_context_decision_and_consequence(path: Path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)", text, flags=re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequence",
    ]
    assert len(text.splitlines()) <= 60


def test_the_seed_names_a_test_that_exists_beside_each_line_that_works():
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (DOCS / "seed.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| there |")
    ]
    assert [row for row in rows if len(row) != 4] == []
    unproved = [row[0] for row in rows if row[1] != "open" and not row[2]]
    assert unproved == []
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row[2])}
    assert {name for name in named if not (ROOT / name).is_file()} == set()
