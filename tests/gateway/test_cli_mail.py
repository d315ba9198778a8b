"""`ponte mail`: from a pipe, from files, explained."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from gateway.blobs import FileBlobs
from gateway.cli import main
from gateway.work import Work
from helpdesk.models import InboundRaw

Ponte = Callable[..., Result]
RAW = b"From: a@b.example\r\nSubject: Guia \xe7\r\nMessage-ID: <1@b.example>\r\n\r\nOi\r\n"
KEYS = {
    "message_id", "date", "subject", "from", "reply_to", "to", "cc", "text", "html", "reply_text",
    "quoted_text", "attachments", "automatic", "bounces", "authentication", "protocols", "defects",
}  # fmt: skip


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "PONTE_DATABASE__URL": database_url,
        "PONTE_BLOBS__URL": f"file:{tmp_path / 'blobs'}",
        "PONTE_SECRET_KEY": "k" * 40,
        "PONTE_MAIL__ADDRESS": "central@op.example",
    }


@pytest.fixture
def ponte(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ponte:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b"", **more: str) -> Result:
        return CliRunner().invoke(main, arguments, input=stdin, env=environment | more)

    return run


def stored(work: Work) -> list[InboundRaw]:
    return work.read_now(lambda s: list(s.scalars(select(InboundRaw).order_by(InboundRaw.id))))


def test_a_message_from_the_pipe_is_stored_once(ponte: Ponte, work: Work, tmp_path: Path):
    for _ in range(2):
        result = ponte("mail", "receive", "--mailbox", "Central@op.example", stdin=RAW)
        assert (result.exit_code, result.output) == (0, "")
    [row] = stored(work)
    assert row.arrival == f"pipe:{row.sha256}"
    assert (row.mailbox, row.state, row.quiet, row.imported) == (
        "central@op.example", "waiting", False, False,
    )  # fmt: skip
    assert FileBlobs(tmp_path / "blobs").get(row.sha256) == RAW


@pytest.mark.parametrize("raw", [b"", b"\0\xff\xfe", b"From: x"])
def test_any_bytes_are_stored(ponte: Ponte, work: Work, raw: bytes):
    assert ponte("mail", "receive", stdin=raw).exit_code == 0
    assert len(stored(work)) == 1


def test_whatever_stands_against_it_makes_the_mta_come_again(ponte: Ponte, tmp_path: Path):
    wrong = (
        {"PONTE_WEB__PORT": "x"},
        {"PONTE_BLOBS__URL": "file:/proc/blobs"},
        {"PONTE_DATABASE__URL": "postgresql://ponte@127.0.0.1:1/none"},
        {"PONTE_DATABASE__URL": f"sqlite:///{tmp_path / 'new.db'}"},
    )
    for more in wrong:
        result = ponte("mail", "receive", stdin=RAW, **more)
        assert result.exit_code == 75
        assert result.stderr
    other = ponte("mail", "receive", "--mailbox", "x@op.example", stdin=RAW)
    assert other.exit_code == 75
    assert "x@op.example" in other.stderr


@pytest.mark.slow
def test_a_database_that_stays_busy_makes_the_mta_come_again(
    environment: dict[str, str], sqlite_url: str, tmp_path: Path
):
    holder = Work(sqlite_url)
    with holder.engine.connect() as connection:
        connection.execute(text("UPDATE parameter SET key = key"))
        done = subprocess.run(
            [sys.executable, "-m", "gateway", "mail", "receive"],
            env=environment
            | {
                "PONTE_DATABASE__URL": sqlite_url,
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            cwd=tmp_path,
            input=RAW,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 75
        assert b"locked" in done.stderr
    assert stored(holder) == []
    holder.close()


def test_files_mboxes_and_maildirs_are_imported(ponte: Ponte, work: Work, tmp_path: Path):
    (tmp_path / "a.eml").write_bytes(RAW)
    (tmp_path / "b.mbox").write_bytes(b"From x\nSubject: 1\n\nUm\n\nFrom y\nSubject: 2\n\nDois\n\n")
    for name in ("cur", "new", "tmp"):
        (tmp_path / "m" / name).mkdir(parents=True)
    (tmp_path / "m" / "cur" / "1").write_bytes(b"Subject: 3\n\nTr\xeas\n")
    result = ponte("mail", "import", "a.eml", "b.mbox", "m")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["source"] for line in lines] == ["a.eml", "b.mbox#1", "b.mbox#2", "m/cur/1"]
    assert {line["state"] for line in lines} == {"stored"}
    rows = stored(work)
    assert [row.arrival for row in rows] == [line["key"] for line in lines]
    assert all(row.quiet and row.imported for row in rows)
    again = ponte("mail", "import", "a.eml", "a.eml")
    assert [json.loads(line)["state"] for line in again.stdout.splitlines()] == ["known"] * 2
    assert len(stored(work)) == 4


def test_an_import_may_notify(ponte: Ponte, work: Work, tmp_path: Path):
    folder = tmp_path / "mails"
    folder.mkdir()
    for name in ("a.eml", "b.eml"):
        (folder / name).write_bytes(RAW)
    result = ponte("mail", "import", "--notify", str(folder))
    states = [json.loads(line)["state"] for line in result.stdout.splitlines()]
    assert states == ["stored", "known"]
    [row] = stored(work)
    assert (row.quiet, row.imported) == (False, True)


@pytest.mark.slow
def test_an_import_that_was_killed_goes_on_without_doubles(
    ponte: Ponte, environment: dict[str, str], work: Work, tmp_path: Path
):
    mbox = b"".join(b"From x\nSubject: %d\n\nTexto\n\n" % n for n in range(400))
    (tmp_path / "b.mbox").write_bytes(mbox)
    with subprocess.Popen(
        [sys.executable, "-m", "gateway", "mail", "import", "b.mbox"],
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # a batch is committed
        process.kill()
    before = len(stored(work))
    assert before > 0
    result = ponte("mail", "import", "b.mbox")
    states = [json.loads(line)["state"] for line in result.stdout.splitlines()]
    assert (states.count("known"), len(states)) == (before, 400)
    assert len({row.arrival for row in stored(work)}) == len(stored(work)) == 400


def test_a_disk_that_is_nearly_full_makes_the_mta_come_again(ponte: Ponte, work: Work):
    result = ponte("mail", "receive", stdin=RAW, PONTE_LIMITS__DISK_RESERVE="1PB")
    assert result.exit_code == 75
    assert "nearly full" in result.stderr
    assert stored(work) == []
    assert ponte("mail", "receive", stdin=RAW).exit_code == 0


def test_a_path_that_is_not_there_is_named(ponte: Ponte):
    result = ponte("mail", "import", "none.eml")
    assert result.exit_code == 2
    assert "none.eml" in result.stderr


def test_explaining_needs_nothing_and_leaves_nothing(tmp_path: Path):
    folder = tmp_path / "empty"
    folder.mkdir()
    files = {"a.eml": RAW, "b": b"\0\xff" * 50, "c": b""}
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "mail", "explain", "../a.eml", "-", "../b", "../c"],
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PONTE_WEB__PORT": "x", "LC_ALL": "C"},
        cwd=folder,
        input=b"Subject: dois\n\n",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(line.keys() == KEYS for line in lines)
    assert [line["message_id"] for line in lines] == ["<1@b.example>", None, None, None]
    assert lines[1]["subject"] == "dois"
    assert list(folder.iterdir()) == []


def test_explaining_waits_for_no_other_part():
    script = (
        "import sys\nfrom gateway.commands import explain\n"
        "print(sorted({'gateway.runtime', 'telegram', 'aiosmtpd', 'imapclient'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
