"""The command line, as people and scripts call it."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.blobs import FileBlobs
from gateway.cli import main
from gateway.work import Work
from helpdesk import inbound, migrations, seals, sessions
from helpdesk.arrivals import Arrival
from helpdesk.border import HoldReason
from helpdesk.inbound import Stored
from helpdesk.intake import holding
from helpdesk.models import Agent, Classification, Held, KnownAddress, Log, Person, Provider
from helpdesk.tokens import Keyring

Ponte = Callable[..., Result]
KEY = "k" * 40
HEADER = "code,name,document,type,email,phone,person\n"


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "PONTE_DATABASE__URL": database_url,
        "PONTE_BLOBS__URL": f"file:{tmp_path / 'blobs'}",
        "PONTE_SECRET_KEY": KEY,
    }


@pytest.fixture
def ponte(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ponte:
    """Runs `ponte ARGUMENTS`; `more` are settings."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: str | bytes = b"", **more: str) -> Result:
        return CliRunner().invoke(main, arguments, input=stdin, env=environment | more)

    return run


@pytest.fixture
def migrated(ponte: Ponte) -> Ponte:
    assert ponte("migrate").exit_code == 0
    return ponte


def add_agent(ponte: Ponte, login: str = "ana", *more: str, stdin: str = "segredo-123\n") -> Result:
    return ponte(
        "agent", "add", login, "--name", "Ana", "--email", "ana@op.example", *more,
        "--password-stdin", stdin=stdin,
    )  # fmt: skip


def test_help_loads_neither_database_nor_web():
    program = (
        "import sys\n"
        "from gateway.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "assert not {'sqlalchemy', 'litestar', 'pydantic', 'channels'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in (b"demo", b"serve", b"migrate", b"doctor", b"mail", b"outbox", b"log"):
        assert command in done.stdout


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "--version"], capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stdout) == (0, "0.1.0\n")


def test_wrong_settings_are_named_a_line_each(ponte: Ponte):
    for command in (("migrate",), ("outbox", "list"), ("serve",)):
        result = ponte(*command, PONTE_WEB__PORT="x", PONTE_INSURER__ANS_REGISTRATION="12")
        assert result.exit_code == 1
        assert [line.partition(":")[0] for line in result.stderr.splitlines()] == [
            "PONTE_WEB__PORT",
            "PONTE_INSURER__ANS_REGISTRATION",
        ]


def test_migrate_installs_what_is_missing_and_can_be_repeated(ponte: Ponte, work: Work):
    for _ in range(2):
        result = ponte("migrate")
        assert (result.exit_code, result.output) == (0, f"schema {migrations.head()}\n")
    codes = work.read_now(lambda s: list(s.scalars(select(Classification.code))))
    assert len(codes) == len(set(codes)) == 21


def test_a_bare_migration_leaves_the_usual_classifications_out(
    ponte: Ponte, tmp_path: Path, environment: dict[str, str]
):
    environment["PONTE_DATABASE__URL"] = f"sqlite:///{tmp_path / 'deep' / 'new.db'}"
    assert ponte("migrate", "--bare").exit_code == 0
    work = Work(environment["PONTE_DATABASE__URL"])
    assert work.read_now(lambda s: list(s.scalars(select(Classification.code)))) == ["TRI"]
    work.close()


def test_a_database_without_schema_is_not_touched(
    ponte: Ponte, tmp_path: Path, environment: dict[str, str]
):
    environment["PONTE_DATABASE__URL"] = f"sqlite:///{tmp_path / 'new.db'}"
    for command in (("token", "add", "x", "--agent", "ana"), ("outbox", "list"), ("serve",)):
        result = ponte(*command)
        assert result.exit_code == 1
        assert "ponte migrate" in result.stderr


def test_a_database_that_does_not_answer_is_said_in_a_line(
    ponte: Ponte, environment: dict[str, str]
):
    environment["PONTE_DATABASE__URL"] = "postgresql://ponte@127.0.0.1:1/none"
    for command in (("migrate",), ("outbox", "list")):
        result = ponte(*command)
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1
        assert "Traceback" not in result.stderr


def test_an_agent_is_added_once(migrated: Ponte, work: Work):
    assert add_agent(migrated, "ana", "--profile", "admin").exit_code == 0
    agent = work.read_now(lambda s: s.scalar(select(Agent)))
    assert (agent.login, agent.email) == ("ana", "ana@op.example")
    assert agent.password_hash.startswith("$argon2id$")
    assert "segredo" not in agent.password_hash
    again = add_agent(migrated)
    assert (again.exit_code, again.stderr) == (1, "login: taken\n")


def test_the_second_factor_of_an_agent_is_forgotten(migrated: Ponte):
    add_agent(migrated)
    assert migrated("agent", "forget-factors", "ana").exit_code == 0
    assert migrated("agent", "forget-factors", "nobody").exit_code == 1


def test_a_wrong_agent_is_refused(migrated: Ponte):
    assert add_agent(migrated, "rui", "--profile", "nope").stderr == "profile: unknown\n"
    assert "password" in add_agent(migrated, "rui", stdin="curta\n").stderr
    assert add_agent(migrated, "rui", stdin="").exit_code == 1


def test_a_token_stands_alone_on_the_last_line(migrated: Ponte, work: Work):
    add_agent(migrated)
    result = migrated("token", "add", "erp", "--agent", "ana")
    token = result.stdout.splitlines()[-1]
    assert result.exit_code == 0
    assert token == token.strip()
    found = work.read_now(sessions.token_actor, token, now=datetime.now(UTC))
    assert found is not None
    assert found.actor.name == "Ana"
    assert migrated("token", "add", "erp", "--agent", "nobody").exit_code == 1


def write(tmp_path: Path, text: str, encoding: str = "utf-8") -> str:
    file = tmp_path / "prestadores.csv"
    file.write_bytes(text.encode(encoding))
    return str(file)


def test_providers_are_imported_and_changed_by_code(migrated: Ponte, work: Work, tmp_path: Path):
    text = HEADER + "01,Clínica,11.444.777/0001-61,Novo tipo,a@b.example,3132220101,Lu\n"
    text += "01,,,,c@b.example,,Rui\n02,Hospital,,,,,\n"
    first = migrated("provider", "import", write(tmp_path, text, "cp1252"))
    assert (first.exit_code, first.stdout) == (0, "2 new, 0 known\n")
    text = "code;city;name\n01;Betim;\n"
    second = migrated("provider", "import", write(tmp_path, text, "utf-8-sig"))
    assert (second.exit_code, second.stdout) == (0, "0 new, 1 known\n")
    provider = work.read_now(lambda s: s.scalar(select(Provider).where(Provider.code == "01")))
    assert (provider.name, provider.city) == ("Clínica", "Betim")
    assert provider.document == "11444777000161"
    assert provider.type_id is not None
    known = work.read_now(lambda s: set(s.scalars(select(KnownAddress.value))))
    assert known == {"a@b.example", "c@b.example"}
    assert work.read_now(lambda s: set(s.scalars(select(Person.name)))) == {"Lu", "Rui"}


def test_an_import_is_all_or_nothing(migrated: Ponte, work: Work, tmp_path: Path):
    text = HEADER + "01,Clínica,,,,,\n02,Hospital,123,,,,\n,Sem código,,,,,\n03,,,,,,\n"
    text += "04,Lab,,,nobody,,\n"
    result = migrated("provider", "import", write(tmp_path, text))
    assert result.exit_code == 1
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == [
        "line 3", "line 4", "line 5", "line 6",
    ]  # fmt: skip
    assert work.read_now(lambda s: list(s.scalars(select(Provider)))) == []
    unreadable = migrated("provider", "import", write(tmp_path, "name\nLab\n"))
    assert (unreadable.exit_code, unreadable.stderr) == (1, "line 1: there is no column code\n")
    assert migrated("provider", "import", str(tmp_path / "none.csv")).exit_code == 2


def test_providers_may_come_by_a_pipe(migrated: Ponte):
    assert migrated("provider", "import", "-", stdin="code,name\n1,Lab\n").exit_code == 0


def test_somebody_is_invited(migrated: Ponte):
    migrated("provider", "import", "-", stdin="code,name\n1,Lab\n")
    result = migrated("provider", "invite", "1", "lu@lab.example")
    assert result.exit_code == 0
    listed = migrated("outbox", "list").stdout
    assert "lu@lab.example" in listed
    assert "invitation" in listed
    assert migrated("provider", "invite", "9", "lu@lab.example").exit_code == 1
    assert migrated("provider", "invite", "1", "lu").stderr == "email: invalid\n"


def test_the_outbox_is_listed_and_tried_again(migrated: Ponte):
    assert migrated("outbox", "list").output == ""
    migrated("provider", "import", "-", stdin="code,name\n1,Lab\n")
    migrated("provider", "invite", "1", "lu@lab.example")
    row = migrated("outbox", "list").stdout.split("\t")
    assert row[1:4] == ["queued", "mail", "lu@lab.example"]
    assert migrated("outbox", "retry", row[0]).stdout == f"{row[0]} queued\n"
    assert migrated("outbox", "retry", "99999").exit_code == 1
    assert migrated("outbox", "retry", "x").exit_code == 2


def test_the_quarantine_is_listed_and_judged_again(
    migrated: Ponte, work: Work, tmp_path: Path, now: datetime
):
    raw = b"Subject: x\r\n\r\n"
    sha256 = FileBlobs(tmp_path / "blobs").put(raw)
    arrival = Arrival("smtp:1", raw, now, envelope_from="a@b.example")
    work.write_now(inbound.store, [Stored(arrival, sha256, len(raw), "from:")], now)
    row = work.write_now(inbound.claim, now=now)[0]
    work.write_now(holding.hold, row, HoldReason.UNREADABLE, "two\nlines\there", now=now)
    listed = migrated("quarantine", "list").stdout
    assert len(listed.splitlines()) == 1
    cells = listed.rstrip("\n").split("\t")
    assert cells[2:4] == ["a@b.example", "unreadable"]
    assert cells[-1] == "two lines here"
    assert migrated("quarantine", "retry", cells[0]).exit_code == 0
    assert work.read_now(inbound.backlog) == 1
    assert migrated("quarantine", "retry", "nope").exit_code == 1


def test_a_held_message_is_told_step_by_step_and_replayed(
    migrated: Ponte, work: Work, tmp_path: Path, now: datetime
):
    raw = b"From: a@b.example\r\nSubject: x\r\n\r\nOi\r\n"
    sha256 = FileBlobs(tmp_path / "blobs").put(raw)
    arrival = Arrival("smtp:1", raw, now, envelope_from="a@b.example")
    work.write_now(inbound.store, [Stored(arrival, sha256, len(raw), "from:")], now)
    row = work.write_now(inbound.claim, now=now)[0]
    work.write_now(holding.hold, row, HoldReason.INTERNAL_ERROR, "boom", now=now)
    public_id = migrated("quarantine", "list").stdout.split("\t")[0]

    def judge(session: Session) -> None:
        session.scalars(select(Held)).one().trace = ["verdict unknown", "provider 3"]

    work.write_now(judge)
    told = migrated("quarantine", "show", public_id).stdout.splitlines()
    assert "reason\tinternal-error" in told
    assert "detail\tboom" in told
    assert f"arrival\t{row.id} smtp:1" in told
    assert told[-2:] == ["trace\tverdict unknown", "trace\tprovider 3"]
    assert migrated("quarantine", "show", "nope").exit_code == 1
    unconfigured = migrated("quarantine", "replay", str(row.id))
    assert "PONTE_MAIL__ADDRESS" in unconfigured.stderr

    def replay(raw_id: str) -> Result:
        return migrated("quarantine", "replay", raw_id, PONTE_MAIL__ADDRESS="a@op.example")

    done = replay(str(row.id))
    assert (done.stdout, done.stderr) == (f"{row.id} queued\n", "")
    again = replay(str(row.id))
    assert (again.exit_code, again.stderr) == (1, "Not possible now: waiting.\n")
    assert replay("999").stderr == "There is no arrival 999.\n"
    FileBlobs(tmp_path / "blobs").delete(sha256)
    assert replay(str(row.id)).exit_code == 1


def test_the_log_is_verified(migrated: Ponte, work: Work, now: datetime):
    add_agent(migrated)
    work.write_now(seals.seal, Keyring([KEY.encode()]), now=now)
    result = migrated("log", "verify")
    assert result.exit_code == 0
    head = result.stdout.split()[-1]
    assert len(head) == 64
    assert migrated("log", "verify", "--head", head).exit_code == 0
    assert migrated("log", "verify", "--head", "0" * 64).exit_code == 1

    def forge(session: Session):
        session.scalars(select(Log)).first().action = "deleted"

    work.write_now(forge)
    broken = migrated("log", "verify")
    assert broken.exit_code == 1
    assert broken.stderr.startswith("broken: seal 1")


def test_only_needs_several_processes(migrated: Ponte, database_url: str):
    if database_url.startswith("sqlite"):
        result = migrated("serve", "--only", "web")
        assert result.exit_code == 1
        assert "PostgreSQL" in result.stderr
    assert migrated("serve", "--only", "x").exit_code == 2


def test_a_benchmark_that_is_none_is_named(ponte: Ponte):
    result = ponte("bench", "nothing")
    assert result.exit_code == 1
    assert "nothing" in result.stderr
