"""Tokens come back as they left, in any case, and nothing else is taken for one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.reply_addresses import (
    LONGEST_LOCAL,
    check_reply_length,
    find_bounce_tokens,
    find_reply_tokens,
    reply_address,
)
from helpdesk.tokens import BOUNCE, PURPOSES, IssuedId, Keyring, ReplyRef

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
OURS = Keyring([NEW])
ROTATED = Keyring([NEW, OLD])
BEFORE = Keyring([OLD])
THEIRS = Keyring([b"somebody else's secret key"])
MAILBOX = "central@operadora.example"
NOON = datetime(2026, 11, 24, 15, tzinfo=UTC)

ids = st.integers(min_value=0, max_value=2**48 - 1)
alphabet = st.sampled_from("abcdefghijklmnopqrstuvwxyz234567")


@given(ids, ids)
def test_reply_token_comes_back_in_any_case(number: int, endpoint: int) -> None:
    token = OURS.reply_token(number, endpoint)
    assert len(token) <= 39
    assert token == token.lower()
    assert OURS.read_reply_token(token) == ReplyRef(number, endpoint)
    assert OURS.read_reply_token(token.upper()) == ReplyRef(number, endpoint)


@given(ids, ids, ids)
def test_message_id_comes_back(number: int, outbox: int, endpoint: int) -> None:
    issued = OURS.message_id(number, outbox, endpoint, "operadora.example")
    assert issued.startswith("<")
    assert issued.endswith("@operadora.example>")
    for spelling in (issued, issued.strip("<>"), f" {issued} ", issued.upper()):
        assert OURS.read_message_id(spelling) == IssuedId(number, outbox, endpoint)


@given(ids)
def test_bounce_token_comes_back(outbox: int) -> None:
    token = OURS.bounce_token(outbox)
    assert OURS.read_bounce_token(token) == outbox
    assert OURS.read_bounce_token(f"B-{token.upper()}") == outbox


@given(ids, ids, st.data())
def test_token_with_one_changed_character_is_nobody_s(
    number: int, endpoint: int, data: st.DataObject
) -> None:
    token = OURS.reply_token(number, endpoint)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(alphabet.filter(lambda letter: letter != token[place]))
    assert OURS.read_reply_token(token[:place] + other + token[place + 1 :]) is None


def test_the_last_character_has_one_spelling() -> None:
    """39 characters hold three bits more than the token: no other value of them is accepted."""
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    token = OURS.reply_token(12, 5)
    accepted = [c for c in letters if OURS.read_reply_token(token[:-1] + c)]
    assert accepted == [token[-1]]


@given(st.from_regex(r"[0-9a-z]{39}", fullmatch=True))
def test_what_looks_like_a_token_is_none(text: str) -> None:
    assert OURS.read_reply_token(text) is None
    assert OURS.read_reply_token("1" + text[1:]) is None


@given(st.text(max_size=60))
def test_any_text_is_read_without_error(text: str) -> None:
    assert OURS.read_reply_token(text) is None
    assert OURS.read_message_id(text) is None
    assert OURS.read_bounce_token(text) is None
    assert OURS.read_link_token("invite", text, NOON) is None
    assert not OURS.check_csrf("session", text)


@given(ids, ids)
def test_rotated_keys_still_read_what_the_old_one_signed(number: int, endpoint: int) -> None:
    old = BEFORE.reply_token(number, endpoint)
    assert ROTATED.read_reply_token(old) == ReplyRef(number, endpoint)
    assert OURS.read_reply_token(old) is None
    assert BEFORE.read_reply_token(ROTATED.reply_token(number, endpoint)) is None
    assert THEIRS.read_reply_token(old) is None


def test_token_of_one_purpose_is_none_of_another() -> None:
    digests = {OURS.digest(purpose, b"value") for purpose in PURPOSES}
    assert len(digests) == len(PURPOSES)
    assert OURS.read_bounce_token(OURS.reply_token(1, 2)) is None
    assert OURS.read_reply_token(OURS.message_id(1, 2, 3, "x.example")) is None


def test_digests_of_every_key_begin_with_the_signing_one() -> None:
    assert ROTATED.digests("log", b"x") == (OURS.digest("log", b"x"), BEFORE.digest("log", b"x"))


def test_key_ids_follow_from_the_keys_and_nothing_prints_a_secret() -> None:
    assert ROTATED.ids == OURS.ids + BEFORE.ids
    assert "secret" not in repr(Keyring([b"a secret of 16 or more"]))


@pytest.mark.parametrize("secrets", [[], [b"short"], [NEW, b""]])
def test_keyring_refuses_missing_and_short_secrets(secrets: list[bytes]) -> None:
    with pytest.raises(ValueError, match="secret"):
        Keyring(secrets)


def test_id_that_does_not_fit_is_refused() -> None:
    with pytest.raises(OverflowError):
        OURS.reply_token(2**48, 1)


def test_csrf_token_is_bound_to_the_session() -> None:
    token = BEFORE.csrf_token("one")
    assert ROTATED.check_csrf("one", token)
    assert not ROTATED.check_csrf("two", token)
    assert not THEIRS.check_csrf("one", token)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_link_names_its_subject_until_it_expires(subject: str) -> None:
    token = OURS.link_token("invite", subject, NOON)
    assert OURS.read_link_token("invite", token, NOON - timedelta(seconds=1)) == subject
    assert OURS.read_link_token("invite", token, NOON) is None
    assert OURS.read_link_token("log-in", token, NOON - timedelta(seconds=1)) is None
    assert THEIRS.read_link_token("invite", token, NOON - timedelta(seconds=1)) is None


def test_no_two_links_are_equal() -> None:
    one, other = (OURS.link_token("invite", "person:1", NOON) for _ in range(2))
    assert one != other


def test_reply_tokens_are_found_in_addresses_of_ours_only() -> None:
    token = OURS.reply_token(12, 5)
    bounce = OURS.bounce_token(7)
    tagged = reply_address(MAILBOX, token)
    addresses = [
        MAILBOX,
        tagged.upper(),
        tagged,
        reply_address("elsewhere@operadora.example", token),
        reply_address(MAILBOX, "marketing"),
        reply_address(MAILBOX, BOUNCE + bounce),
    ]
    assert find_reply_tokens(addresses, [MAILBOX]) == (token,)
    assert find_bounce_tokens(addresses, [MAILBOX]) == (bounce,)


def test_cut_token_is_a_candidate_that_nobody_issued() -> None:
    cut = OURS.reply_token(12, 5)[:30]
    assert find_reply_tokens([reply_address(MAILBOX, cut)], [MAILBOX]) == (cut,)
    assert OURS.read_reply_token(cut) is None


def test_template_may_put_the_token_elsewhere() -> None:
    template = "r.{token}@mail.{domain}"
    token = OURS.reply_token(1, 1)
    address = reply_address(MAILBOX, token, template)
    assert address == f"r.{token}@mail.operadora.example"
    assert find_reply_tokens([address], [MAILBOX], template) == (token,)
    check_reply_length(MAILBOX, template)


@given(st.integers(1, LONGEST_LOCAL))
def test_local_part_must_leave_room_for_the_token(width: int) -> None:
    mailbox = f"{'a' * width}@operadora.example"
    fits = len(reply_address(mailbox, OURS.reply_token(1, 1)).partition("@")[0]) <= LONGEST_LOCAL
    if fits:
        check_reply_length(mailbox)
    else:
        with pytest.raises(ValueError, match="64"):
            check_reply_length(mailbox)


@pytest.mark.parametrize("template", ["{local}@{domain}", "{local}@{token}.{domain}"])
def test_template_needs_the_token_before_the_at(template: str) -> None:
    with pytest.raises(ValueError, match="token"):
        check_reply_length(MAILBOX, template)
