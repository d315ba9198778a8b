"""`ponte doctor`: every part on its line, against real parts."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles import bot_api, dns
from tests.doubles.dovecot import Dovecot
from tests.doubles.keys import rsa_key
from tests.doubles.oauth import Issuer, issuing
from tests.doubles.processes import free_port
from tests.doubles.relay import Relay


@pytest.fixture
def environment(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "PONTE_DATABASE__URL": sqlite_url,
        "PONTE_BLOBS__URL": f"file:{tmp_path / 'blobs'}",
        "PONTE_INSURER__NAME": "Vida Plena",
        "PONTE_INSURER__ANS_REGISTRATION": "419999",
    }


def doctor(environment: dict[str, str], folder: Path) -> tuple[int, dict[str, str]]:
    """Exit code, and what each part's line says: `ok …`, `-- …` or `FAIL …`."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "doctor"],
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (done.stdout + done.stderr).splitlines()
    parts = [line.partition(":") for line in lines]
    return done.returncode, {
        head.split(maxsplit=1)[1]: f"{head.split()[0]}{said}" for head, _, said in parts
    }


def test_what_is_not_asked_for_is_off(environment: dict[str, str], tmp_path: Path):
    code, lines = doctor(environment, tmp_path)
    assert code == 0
    assert lines["settings"] == "ok"
    assert lines["database"].startswith("ok SQLite, schema 00")
    assert lines["blob store"].startswith("ok")
    assert lines["insurer"] == "ok Vida Plena, ANS 419999 (unusual check digit: is it right?)"
    assert (lines["IMAP"], lines["SMTP relay"], lines["bot"]) == ("-- off",) * 3
    assert not any(path.is_file() for path in (tmp_path / "blobs").rglob("*"))


@pytest.mark.slow
async def test_every_part_answers(
    environment: dict[str, str], tmp_path: Path, mail_server: Dovecot, relay: Relay, mailbox: str
):
    async with bot_api.running() as bot:
        asked = environment | {
            "PONTE_MAIL__ADDRESS": "central@vidaplena.example",
            "PONTE_MAIL__IMAP_URL": mail_server.url(mailbox),
            "PONTE_MAIL__RELAY_URL": relay.url,
            "PONTE_TELEGRAM__TOKEN": bot_api.TOKEN,
            "PONTE_TELEGRAM__BASE_URL": bot.url,
        }
        code, lines = await asyncio.to_thread(doctor, asked, tmp_path)
    assert code == 0, lines
    assert lines["IMAP central@vidaplena.example"].startswith("ok INBOX")
    assert lines["SMTP relay"].startswith("ok 127.0.0.1")
    assert lines["bot"].startswith("ok @")


@pytest.mark.slow
def test_signing_and_checking_are_looked_at(environment: dict[str, str], tmp_path: Path):
    key = rsa_key()
    asked = environment | {
        "PONTE_MAIL__ADDRESS": "central@vidaplena.example",
        "PONTE_MAIL__DKIM_KEY": key.private,
        "PONTE_MAIL__DKIM_SELECTOR": "ponte",
    }
    code, lines = doctor(asked, tmp_path)
    record = f"ponte._domainkey.vidaplena.example: v=DKIM1; k=rsa; p={key.public}"
    assert lines["DKIM key"].endswith(f"to be published at {record}")
    assert (code, lines["resolver"]) == (0, "-- off")
    zone = dns.Zone({"ponte._domainkey.vidaplena.example": [key.record]})
    with dns.serving(zone):
        asked["PONTE_MAIL__RESOLVER"] = f"127.0.0.1:{zone.port}"
        code, lines = doctor(asked, tmp_path)
        assert code == 0
        assert lines["DKIM key"].endswith("published at ponte._domainkey.vidaplena.example")
        assert lines["resolver"].endswith("answers, DMARC of vidaplena.example not there")
        zone.records.clear()
        code, lines = doctor(asked, tmp_path)
        assert lines["DKIM key"].startswith("FAIL ponte._domainkey.vidaplena.example should say")
        zone.broken.add("vidaplena.example")
        code, lines = doctor(asked, tmp_path)
        assert code == 1
        assert lines["resolver"].startswith("FAIL")


@pytest.mark.slow
def test_accounts_without_a_password_log_in_by_oauth(environment: dict[str, str], tmp_path: Path):
    with issuing(Issuer(user="central")) as issuer:
        given = {f"PONTE_MAIL__OAUTH__{k.upper()}": v for k, v in issuer.settings().items()}
        with Dovecot(introspection=issuer.introspection) as server:
            asked = environment | given | {
                "PONTE_MAIL__ADDRESS": "central@vidaplena.example",
                "PONTE_MAIL__IMAP_URL": f"imap://central@127.0.0.1:{server.imap_port}/INBOX",
                "PONTE_MAIL__RELAY_URL": f"smtp://central@127.0.0.1:{free_port()}",
            }  # fmt: skip
            _, lines = doctor(asked, tmp_path)
            assert lines["IMAP central@vidaplena.example"].startswith("ok INBOX: 0 messages")
            assert lines["IMAP central@vidaplena.example"].endswith("by OAuth")
            assert lines["SMTP relay"].startswith("FAIL")
            issuer.refuses = "invalid_client"
            code, lines = doctor(asked, tmp_path)
            said = lines["IMAP central@vidaplena.example"]
            assert code == 1
            assert said.startswith("FAIL 127.0.0.1 gives no access token: invalid_client")


def test_every_part_that_fails_is_named(environment: dict[str, str], tmp_path: Path):
    port = free_port()
    asked = environment | {
        "PONTE_DATABASE__URL": f"sqlite:///{tmp_path / 'empty.db'}",
        "PONTE_BLOBS__URL": "file:/proc/blobs",
        "PONTE_MAIL__ADDRESS": "central@vidaplena.example",
        "PONTE_MAIL__IMAP_URL": f"imap://u:p@127.0.0.1:{port}",
        "PONTE_MAIL__RELAY_URL": f"smtp://127.0.0.1:{port}",
        "PONTE_TELEGRAM__TOKEN": "1:x",
        "PONTE_TELEGRAM__BASE_URL": f"http://127.0.0.1:{port}",
    }
    del asked["PONTE_INSURER__ANS_REGISTRATION"]
    code, lines = doctor(asked, tmp_path)
    assert code == 1
    failed = {name for name, said in lines.items() if said.startswith("FAIL")}
    assert failed == {
        "database", "blob store", "insurer", "IMAP central@vidaplena.example", "SMTP relay", "bot",
    }  # fmt: skip
    assert "ponte migrate" in lines["database"]
    assert "PONTE_INSURER__ANS_REGISTRATION" in lines["insurer"]


def test_wrong_settings_end_it(environment: dict[str, str], tmp_path: Path):
    code, lines = doctor(environment | {"PONTE_WEB__PORT": "x"}, tmp_path)
    assert code == 1
    assert lines["settings"].startswith("FAIL PONTE_WEB__PORT")
