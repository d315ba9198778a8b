"""What a server refuses: played by a script, because Dovecot cannot be made to say it."""

import asyncio
import socket
from datetime import UTC, datetime

import pytest

from channels.mail import imap, imap_client, imap_collect
from helpdesk import inbound
from tests.channels.mail.conftest import Store, clock
from tests.channels.mail.test_imap import LIMIT, following, mail, until
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


async def test_an_answer_that_is_no_imap_stops_only_its_message(store: Store):
    with scripted(Script()) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.garbled = {2}
            script.messages |= {1: mail(1), 2: mail(2), 3: mail(3)}
            first, second, third = await it.stored(3)
            await it.ready()
    assert (first, third) == (mail(1), mail(3))
    assert second.startswith(b"X-Ponte-Incomplete: unreadable ")
    assert b"Subject: Guia 2\r\n" in second


async def test_a_size_that_cannot_be_read_is_no_reason_to_lose_the_message(store: Store):
    with scripted(Script(garbled_items=(b"RFC822.SIZE",))) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.garbled = {2}
            script.messages |= {1: mail(1), 2: mail(2), 3: mail(3)}
            assert await it.stored(3) == [mail(1), mail(2), mail(3)]


@pytest.mark.parametrize("to_list", [True, False])
async def test_a_message_that_takes_the_connection_down_is_stood_in_for(
    store: Store, to_list: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap, "FIRST_WAIT", 0.02)
    with scripted(Script(deadly_to_list=to_list)) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.deadly = {2}
            script.messages |= {1: mail(1), 2: mail(2), 3: mail(3)}
            raws = await it.stored(3)
            await until(lambda: not it.watch.health.error)
            script.messages[4] = mail(4)
            await it.stored(4)
    (stand_in,) = (raw for raw in raws if raw.startswith(b"X-Ponte-Incomplete: unreadable "))
    assert sorted({*raws} - {stand_in}) == [mail(1), mail(3)]


async def test_a_header_that_takes_the_connection_down_is_left_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap, "FIRST_WAIT", 0.02)
    with scripted(Script()) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.deadly = {1}
            script.messages |= {1: mail(1, "x" * LIMIT), 2: mail(2)}
            raws = await it.stored(2)
    assert raws[0].startswith(b"X-Ponte-Incomplete: unreadable ")
    assert raws[1] == mail(2)


async def test_a_folder_we_may_only_read_is_read(store: Store):
    with scripted(Script(readonly=True)) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.messages[1] = mail(1)
            assert await it.stored(1) == [mail(1)]
            await it.ready()
    assert not any(command.startswith(b"UID STORE") for command in script.asked)


async def test_a_server_without_uidvalidity_is_said_to_be_one(store: Store):
    with scripted(Script(uidvalidity=None)) as script:
        async with following(store, url(script)) as it:
            await until(lambda: "no UIDVALIDITY" in it.watch.health.error)


async def test_uids_that_a_restored_server_gives_out_again_are_other_messages(store: Store):
    with scripted(Script(foretells=True)) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.messages |= {3: mail(3), 4: mail(4)}
            await it.stored(2)
            await until(lambda: it.watch.health.lag == 0)
        # As after a backup of yesterday: 4 is another message now, 3 is as it was.
        del script.messages[4]
        script.messages[3] = mail(3)
        async with following(store, url(script)) as it:
            await it.ready()
            script.messages[4] = mail(40)
            raws = await it.stored(3)
            await it.ready()
    assert raws[:2] == [mail(3), mail(4)]
    assert mail(40) in raws
    assert raws.count(mail(3)) == 1


async def test_after_a_uid_change_a_crash_does_not_bring_history_in(store: Store):
    """History was never wanted: what is read again ends at the same age before and after."""
    with scripted(Script({n: mail(n) for n in range(1, 4)})) as script:
        account = "fale@127.0.0.1/INBOX"
        # As in the middle of reading again: of three messages the first is stored.
        store.work.write_now(inbound.set_cursor, account, 77, 1, clock(), clock())
        async with following(store, url(script)) as it:
            await it.ready()
            cursor = store.work.read_now(inbound.cursor, account)
            assert cursor is not None
            assert (cursor.uid, cursor.oldest) == (3, None)
            script.messages[4] = mail(4)
            assert await it.stored(1) == [mail(4)]


@pytest.mark.parametrize(
    ("there", "prefix", "made"),
    [
        ({}, None, b"Ponte"),
        ({b"Ponte": b""}, None, b"Ponte"),
        ({b"Ponte": b"\\Noselect"}, None, b"Ponte"),
        ({}, b"INBOX.", b"INBOX.Ponte"),
    ],
)
async def test_the_folder_of_what_is_stored_is_made_where_the_server_wants_it(
    store: Store, there: dict[bytes, bytes], prefix: bytes | None, made: bytes
):
    with scripted(Script(folders=dict(there), prefix=prefix)) as script:
        async with following(store, url(script), after="move") as it:
            await it.ready()
            script.messages[1] = mail(1)
            await it.stored(1)
            await until(lambda: any(c.startswith(b"UID COPY") for c in script.asked))
    (copied,) = (c for c in script.asked if c.startswith(b"UID COPY"))
    assert copied.endswith((b" " + made, b'"' + made + b'"'))


async def test_a_folder_that_bears_the_name_is_never_moved_into_itself(store: Store):
    with scripted(Script(folders={b"Ponte": b""})) as script:
        async with following(store, url(script) + "Ponte", after="move") as it:
            await it.ready()
            script.messages[1] = mail(1)
            await it.stored(1)
            await until(lambda: any(c.startswith(b"UID COPY") for c in script.asked))
    (copied,) = (c for c in script.asked if c.startswith(b"UID COPY"))
    assert b"Ponte armazenadas" in copied


async def test_a_server_that_makes_no_folder_keeps_its_messages_and_mail_comes_in(store: Store):
    with scripted(Script(create=b"NO over quota")) as script:
        async with following(store, url(script), after="move") as it:
            await it.ready()
            script.messages |= {1: mail(1), 2: mail(2)}
            await it.stored(2)
            script.messages[3] = mail(3)
            assert await it.stored(3) == [mail(1), mail(2), mail(3)]
    assert not any(c.startswith(b"UID STORE") for c in script.asked)


async def test_a_folder_of_stored_messages_that_was_taken_away_is_made_again(store: Store):
    with scripted(Script()) as script:
        async with following(store, url(script), after="move") as it:
            await it.ready()
            script.messages[1] = mail(1)
            await it.stored(1)
            await until(lambda: b"Ponte" in script.folders)
            script.folders.clear()
            script.messages[2] = mail(2)
            await it.stored(2)
            await until(lambda: b"Ponte" in script.folders)


async def test_a_folder_made_anew_while_we_follow_it_is_noticed(store: Store):
    with scripted(Script()) as script:
        async with following(store, url(script)) as it:
            await it.ready()
            script.messages[1] = mail(1)
            await it.stored(1)
            script.messages = {1: mail(10)}
            script.uidvalidity = 78
            raws = await it.stored(2)
    assert raws == [mail(1), mail(10)]


async def test_a_very_large_folder_is_searched_by_parts(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap_client, "MOST_IN_SEARCH", 2)
    monkeypatch.setattr(imap_collect, "LISTED_AT_ONCE", 3)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    messages = {n: mail(n) for n in (1, 2, 3, 5, 8, 9, 13)}
    with scripted(Script(dict(messages), foretells=True)) as script:
        async with following(store, url(script), since=since) as it:
            assert await it.stored(7) == list(messages.values())


async def test_a_server_that_accepts_and_never_greets_is_given_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap_client, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"imap://fale:senha@127.0.0.1:{silent.getsockname()[1]}/"
        async with following(store, where) as it:
            await until(lambda: "time" in it.watch.health.error.lower())


async def test_a_watch_that_is_elected_again_follows_again(store: Store):
    with scripted(Script()) as script:
        async with following(store, url(script)) as it:
            await it.ready()
        assert it.watch.health.last_success is None
        script.messages[1] = mail(1)
        task = asyncio.create_task(it.watch.run())
        assert await it.stored(1) == [mail(1)]
        task.cancel()
        await asyncio.wait([task])
