"""The bench of what a hand feels: its figures, and what it says where there is no browser."""

import json

import pytest
from click.testing import CliRunner

from gateway.cli import main

FIGURES = {
    *(f"{name}, {part}" for name in ("a page that does nothing", "next row", "select a row",
                                     "select up to a row", "open the palette",
                                     "type into the palette", "type a letter")
      for part in ("p50", "p95")),
    "layout shift, list",
    "layout shift, ticket",
}  # fmt: skip


@pytest.mark.slow
def test_each_figure_is_there():
    result = CliRunner().invoke(main, ["bench", "page", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["page"].keys() == FIGURES


def test_without_a_browser_it_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    result = CliRunner().invoke(main, ["bench", "page"])
    assert result.exit_code == 1
    assert "needs Chromium" in result.stderr
