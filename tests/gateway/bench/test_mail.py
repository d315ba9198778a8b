import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.bench import corpora, mail, messages
from gateway.bench.corpora import Case
from gateway.bench.corpora_explained import Difference, reason
from gateway.bench.corpora_loss import lost
from gateway.cli import main
from tests.channels.mail.forgeries import CASES

TYPED = b"From: a@x.example\nSubject: Oi\nContent-Type: %b\n\n%b"


def folder(root: Path, raw: bytes, **expect: object) -> Path:
    """A folder with one message and what is expected of it."""
    for kind, name, data in (
        ("corpus", "um.eml", raw),
        ("expected", "um.json", json.dumps({"expect": expect}).encode()),
    ):
        (root / kind / "peer").mkdir(parents=True)
        (root / kind / "peer" / name).write_bytes(data)
    return root


def test_every_made_up_message_is_understood_as_it_was_made():
    tally = corpora.measure(messages.cases())
    assert (tally.misses, tally.crashes, tally.losses) == ([], [], [])
    assert tally.right == tally.total
    assert tally.right["generated", "sha256"] >= 2 * messages.EACH


def test_the_figures_over_a_folder_are_a_table(tmp_path: Path):
    raw = TYPED % (b"text/plain", b"Bom dia, segue a guia.")
    root = folder(tmp_path, raw, subject="Oi", body_text="Bom dia, segue a guia.")
    result = CliRunner().invoke(main, ["bench", "mail", "--corpora", str(root)])
    assert result.exit_code == 0, result.output
    assert "| subject equal to the peer's own |" in result.output
    assert "1/1 (100.0%)" in result.output
    assert "below" not in result.output


def test_a_figure_below_its_bar_fails_and_is_named(tmp_path: Path):
    root = folder(tmp_path, TYPED % (b"text/plain", b"x"), subject="Outra")
    result = CliRunner().invoke(main, ["bench", "mail", "--corpora", str(root)])
    assert result.exit_code == 1
    assert "**below**" in result.stdout
    assert "peer/um subject: MISS" in result.stdout
    assert "subject equal" in result.stderr


def test_replies_are_judged_by_the_facts_beside_them(tmp_path: Path):
    raw = TYPED % (b"text/plain", b"Nova linha.\n\n> antiga")
    own = tmp_path / "own"
    own.mkdir()
    (own / "um.eml").write_bytes(raw)
    facts = {"reply_text": "Nova linha.", "inline": ["Nova linha."], "quoted_has": []}
    (own / "um.json").write_text(json.dumps(facts))
    figures = mail.figures(mail.judge(folder(tmp_path / "peers", raw), own))
    assert figures["inline answers kept: equal"] == 1
    assert next(v for name, v in figures.items() if name.endswith(": lost")) == 0


def test_the_page_says_how_many_forgeries_are_tried():
    page = (Path(__file__).parents[3] / "docs" / "mail.md").read_text(encoding="utf-8")
    assert f"{len(CASES)} cases" in page


def test_folders_are_for_the_mail_figures(tmp_path: Path):
    result = CliRunner().invoke(main, ["bench", "intake", "--corpora", str(tmp_path)])
    assert result.exit_code == 1
    assert "bench mail" in result.stderr


@pytest.mark.parametrize(
    ("fact", "wanted", "got", "explained"),
    [
        ("subject", "Die Fr\ufffdsche", "Die Frösche", True),
        ("subject", "Die Fr\ufffdsche", "Die Kühe", False),
        ("subject", "+ANw-bermittlung", "Übermittlung", True),
        ("subject", "Guia 1+2", "Guia", False),
        ("from", "Ana ana@x.example", "ana@x.example", True),
        ("from", "bia@x.example", "ana@x.example", False),
        ("from", "Ana ana@x.example", "", False),
        ("body words", "begin 644 a.csv\nM", "", True),
        ("body words", "P QSH E x x x x x x", "PQSHE xxxxxx", True),
        ("body words", "uma frase que falta aqui", "outra coisa", False),
        ("no bounce", False, "delayed", True),
        ("no bounce", False, "bounce", False),
    ],
)
def test_a_difference_is_explained_by_the_two_answers_or_it_is_a_miss(
    fact: str, wanted: object, got: object, explained: bool
):
    report = (
        b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b\nAction: delayed\n"
    )
    why = reason("peer", "um", Difference(fact, wanted, got, report))
    assert (why is not None) is explained


def test_the_same_file_with_other_line_ends_is_told_from_another_file():
    part = b"--b\nContent-Type: text/csv; name=a.csv\n\na;b\r\nc;d\n--b--\n"
    raw = TYPED % (b"multipart/mixed; boundary=b", part)
    why = {
        data: reason("peer", "um", Difference("sha256", hashlib.sha256(data).hexdigest(), [], raw))
        for data in (b"a;b\nc;d", b"a;b\r\nc;d", b"a;b")
    }
    assert why[b"a;b\nc;d"] == why[b"a;b\r\nc;d"] == "the peer's copy has other line ends"
    assert why[b"a;b"] is None


@pytest.mark.parametrize(
    "raw",
    [
        TYPED % (b"text/plain", b"Bom dia a todos."),
        TYPED % (b"text/html", b"<style>p {}</style><p>Bom dia a todos.</p>"),
        TYPED % (b"text/plain", b"Segue:\nbegin 644 a.csv\n#86)C\n`\nend\n"),
        TYPED % (b"application/pdf; name=a.pdf", b"%PDF-1.4"),
        b"",
    ],
)
def test_nothing_of_these_is_lost(raw: bytes):
    assert lost(raw) is None


def test_only_messages_are_asked_for_losses(tmp_path: Path):
    tally = corpora.measure([Case("peer", "um", b"\0\1\2", is_mail=False)])
    assert (tally.files, tally.losses, tally.crashes) == (1, [], [])
