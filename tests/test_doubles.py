"""The parts around Ponte are here and behave as the tests that use them believe."""

import smtplib
import ssl
from pathlib import Path

import psycopg
import pytest
from imapclient import IMAPClient
from playwright.sync_api import Page

from tests.doubles import browser
from tests.doubles.browser import axe, photograph
from tests.doubles.dovecot import PASSWORD, Dovecot
from tests.doubles.postgres import Postgres
from tests.doubles.relay import DROP, Relay

MAIL = b"From: a@clinica.test\r\nTo: b@operadora.test\r\nSubject: Guia\r\n\r\nTexto\r\n"


def test_a_cluster_comes_back_with_its_databases():
    cluster = Postgres()
    cluster.start()
    url = cluster.create()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE t (n int)")
    cluster.restart()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    cluster.stop()
    cluster.remove()


def test_dovecot_pushes_what_is_delivered(mail_server: Dovecot, mailbox: str):
    with IMAPClient("127.0.0.1", mail_server.imap_port, ssl=False) as client:
        client.login(mailbox, PASSWORD)
        client.select_folder("INBOX")
        client.idle()
        mail_server.deliver(mailbox, MAIL)
        assert (1, b"EXISTS") in client.idle_check(timeout=60)
        client.idle_done()


def test_dovecot_cuts_sessions_and_comes_back_with_the_mail(mailbox: str):
    with Dovecot() as server:
        server.deliver(mailbox, MAIL)
        client = IMAPClient("127.0.0.1", server.imap_port, ssl=False)
        client.login(mailbox, PASSWORD)
        server.stop()
        with pytest.raises((IMAPClient.AbortError, ConnectionError)):
            client.noop()
        client.shutdown()
        server.start()
        assert len(server.files(mailbox)) == 1


def test_the_relay_keeps_refuses_and_hangs_up(relay: Relay):
    relay.answer("cheia@clinica.test", "451 4.2.1 Full")
    with smtplib.SMTP("127.0.0.1", relay.port) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("b@operadora.test", ["cheia@clinica.test"], MAIL)
        client.sendmail("b@operadora.test", ["cheia@clinica.test"], MAIL)
        relay.answer_data(DROP)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.sendmail("b@operadora.test", ["a@clinica.test"], MAIL)
    first, second = relay.wait(2)
    assert first.message["Subject"] == "Guia"
    assert (first.encrypted, second.recipients) == (False, ("a@clinica.test",))
    relay.stop()
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", relay.port)
    relay.start()


def test_a_relay_with_starttls_takes_nothing_without(tmp_path: Path):
    relay = Relay(starttls=tmp_path)
    relay.start()
    with smtplib.SMTP("localhost", relay.port) as client:
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.sendmail("b@operadora.test", ["a@clinica.test"], MAIL)
        client.starttls(context=ssl.create_default_context(cafile=relay.certificate))
        client.sendmail("b@operadora.test", ["a@clinica.test"], MAIL)
    assert [handed.encrypted for handed in relay.wait(1)] == [True]
    relay.close()


def test_axe_finds_a_field_without_label(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    page.set_content('<html lang="pt-BR"><title>x</title><main><h1>x</h1><input></main></html>')
    assert [fault.partition(" ")[0] for fault in axe(page)] == ["label"]
    for folder, pictures in ((tmp_path / "nobody made it", 0), (tmp_path, 4)):
        monkeypatch.setattr(browser, "OUTPUT", folder)
        photograph(page, "doubles")
        assert len(list(folder.glob("doubles-*.png"))) == pictures
