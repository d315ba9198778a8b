"""The bench of the console on a small history of each database: every figure is there."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.bench import lists
from gateway.bench.fill import fill
from gateway.cli import main
from gateway.work import Work
from helpdesk.policy import Policy
from helpdesk.tokens import Keyring
from tests.helpdesk.factories import NOW

FIGURES = (
    "50 rows by key, p95", "grid, p95", "combination, p99", "count, p50", "full text, p95",
    "list page, p95", "ticket of 200 messages, p50", "ticket of 200 messages, KB",
    "csv first byte, s", "csv MiB above idle", "csv rows/s", "xlsx first byte, s",
)  # fmt: skip


@pytest.mark.slow
def test_each_figure_of_a_filled_database(database_url: str, tmp_path: Path):
    policy = Policy(keyring=Keyring([b"k" * 32]), ans_registration="999997")
    work = Work(database_url)
    fill(work, 300, policy, NOW)
    work.close()
    result = CliRunner().invoke(main, ["bench", "console", "--json", "--url", database_url])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)["console"]
    kind = database_url.partition(":")[0]
    assert {f"{kind} 300: {name}" for name in FIGURES} <= figures.keys()
    assert figures[f"{kind} 300: ticket of 200 messages, KB"] > 0


def test_twenty_combinations_are_kept():
    combined = list(lists.combined())
    assert len(combined) == 20
    assert len({one.name for one in combined}) == 20


def test_sizes_and_databases_are_the_consoles():
    for option in (["--size", "10"], ["--url", "sqlite:///x.db"]):
        result = CliRunner().invoke(main, ["bench", "intake", *option])
        assert result.exit_code == 1
        assert "bench console" in result.stderr
