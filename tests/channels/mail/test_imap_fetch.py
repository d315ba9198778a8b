"""What a server refuses: played by a script, because Dovecot cannot be made to say it."""

import pytest

from channels.mail import imap
from tests.channels.mail.conftest import Store
from tests.channels.mail.test_imap import following, mail, until
from tests.doubles.imap import Script, scripted


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "POLL_SECONDS", 0.05)


def url(script: Script) -> str:
    return f"imap://fale:senha@127.0.0.1:{script.port}/"


@pytest.mark.parametrize("foretells", [True, False])
async def test_the_first_look_starts_behind_the_last_message(store: Store, foretells: bool):
    with scripted(Script({4: mail(4), 9: mail(9)}, foretells=foretells)) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.messages[10] = mail(10)
            assert await it.stored(1) == [mail(10)]


async def test_a_body_the_server_refuses_is_stood_in_for_by_its_header(store: Store):
    with scripted(Script()) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.refused = {2}
            script.messages |= {1: mail(1), 2: mail(2), 3: mail(3)}
            first, second, third = await it.stored(3)
    assert (first, third) == (mail(1), mail(3))
    assert second.startswith(b"X-Ponte-Incomplete: unreadable ")
    assert b"Subject: Guia 2\r\n" in second


async def test_a_message_without_even_a_header_is_stood_in_for_all_the_same(store: Store):
    with scripted(Script(headerless={1}, mute={1})) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.messages[1] = mail(1)
            (raw,) = await it.stored(1)
    assert raw.startswith(b"X-Ponte-Incomplete: unreadable ")
    assert b"Subject" not in raw


async def test_a_message_that_is_gone_before_it_is_fetched_is_passed_over(store: Store):
    with scripted(Script(gone={1})) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.messages |= {1: mail(1), 2: mail(2)}
            assert await it.stored(1) == [mail(2)]


async def test_a_folder_that_takes_no_flags_is_no_reason_to_fetch_again(store: Store):
    with scripted(Script(flags_refused=True)) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.messages[1] = mail(1)
            await it.stored(1)
            script.messages[2] = mail(2)
            await it.stored(2)
            await until(lambda: it.watch.health.lag == 0)
    assert store.raws() == [mail(1), mail(2)]
