"""The channel as the gateway sees it: what the settings ask for is connected and works."""

import asyncio
import smtplib
from functools import partial

import pytest

from channels.kit import Insurer, Kit
from channels.mail import connect
from channels.mail.config import MailConfig
from gateway import templating
from gateway.pages import Pages
from helpdesk.attachments import Limits
from helpdesk.border import Channel
from helpdesk.policy import Policy
from tests.channels.mail.conftest import Store, clock
from tests.channels.mail.letters import RING
from tests.doubles.processes import free_port


@pytest.fixture
def kit(store: Store) -> Kit:
    policy = Policy(RING, insurer="Operadora Modelo")
    env = templating.environment({}, policy.zone, insurer="Operadora Modelo")
    return Kit(
        work=store.work,
        blobs=store.blobs,
        keyring=RING,
        insurer=Insurer("Operadora Modelo", "000000", policy.public_url, policy.zone),
        clock=clock,
        render=partial(templating.render, env),
        page=Pages(env, RING).page,
        policy=policy,
        limits=Limits(10, 10_000_000, 100_000_000),
        message_size=1_000_000,
    )


def test_without_an_address_there_is_no_mail(kit: Kit):
    assert connect(kit, MailConfig()) is None


def test_only_what_the_settings_name_is_connected(kit: Kit):
    connected = connect(kit, MailConfig.model_validate({"address": "fale@ponte.example"}))
    assert connected is not None
    assert (connected.listeners, connected.sender, connected.health) == ((), None, ())


def test_everything_the_settings_name_is_connected(kit: Kit):
    config = MailConfig.model_validate(
        {
            "address": "fale@ponte.example",
            "imap_url": "imap://a:b@127.0.0.1:1/",
            "mailboxes": [
                {"address": "central@ponte.example", "imap_url": "imap://c:d@127.0.0.1:1/Entrada"}
            ],
            "smtp_listen": "127.0.0.1:2525",
            "lmtp_listen": "127.0.0.1:2526",
            "relay_url": "smtp://127.0.0.1:2527",
        }
    )
    connected = connect(kit, config)
    assert connected is not None
    assert len(connected.listeners) == 4
    assert connected.sender is not None
    assert connected.sender.channels == {Channel.MAIL}
    assert [each().name for each in connected.health] == [
        "a@127.0.0.1/INBOX",
        "c@127.0.0.1/Entrada",
    ]


async def test_a_listener_takes_mail_up_to_the_size_the_gateway_allows(kit: Kit, store: Store):
    port = free_port()
    config = MailConfig.model_validate(
        {"address": "fale@ponte.example", "smtp_listen": f"127.0.0.1:{port}"}
    )
    connected = connect(kit, config)
    assert connected is not None
    (listener,) = connected.listeners
    task = asyncio.ensure_future(listener())

    def submit() -> str:
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            smtp.sendmail("ana@clinica.example", ["fale@ponte.example"], b"Subject: x\r\n\r\nx")
            return smtp.esmtp_features["size"]

    while True:
        try:
            size = await asyncio.to_thread(submit)
            break
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait([task])
    assert size == "1000000"
    assert len(store.rows()) == 1
