import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.policy import DEFAULT_TEMPLATE
from helpdesk.protocol import ans_check, check_template, find, render

DAY = date(2026, 11, 24)
NUMBER = "99999720261124000012"
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
registrations = st.from_regex(r"[0-9]{6}", fullmatch=True)


def test_default_is_registration_day_and_sequence() -> None:
    assert render(DEFAULT_TEMPLATE, "999997", DAY, 12) == NUMBER
    assert render(DEFAULT_TEMPLATE, "012345", DAY, 1_000_000) == "012345202611241000000"


@given(registrations, days, st.integers(1, 10**12 - 1), st.text("abc é.,\n", max_size=9))
def test_what_is_rendered_is_found(ans: str, day: date, sequence: int, around: str) -> None:
    number = render(DEFAULT_TEMPLATE, ans, day, sequence)
    assert find(f"{around}{number}{around}") == (number,)
    assert find(f"protocolo {number[:6]} {number[6:14]} {number[14:]}!") == (number,)


@given(
    st.tuples(registrations, days, st.integers(1, 999_999)),
    st.tuples(registrations, days, st.integers(1, 999_999)),
)
def test_protocols_of_one_template_differ(
    one: tuple[str, date, int], other: tuple[str, date, int]
) -> None:
    equal = render(DEFAULT_TEMPLATE, *one) == render(DEFAULT_TEMPLATE, *other)
    assert equal == (one == other)


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        "999997 20261124 000012",
        "999997.20261124.000012",
        "999997-20261124-000012",
        "999997 - 20261124 - 000012",
        "9999 9720 2611 2400 0012",
        f"Re: Protocolo nº{NUMBER}, {NUMBER}",
        f"45 {NUMBER} 2026",
        f"0112-{NUMBER}",
    ],
)
def test_protocol_is_found_as_people_type_it(typed: str) -> None:
    assert find(typed) == (NUMBER,)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "guia 45871",
        "287036210331",
        "99999720261324000012",
        "99999720260230000012",
        "99999797261124000012",
        "9999972026112400001",
        f"{NUMBER}1234567",
        "(31) 98765-4321 20261124",
        "12/11/2026 13/11/2026 14/11/2026",
    ],
)
def test_other_numbers_are_not_protocols(typed: str) -> None:
    assert find(typed) == ()


def test_several_are_listed_in_order_once_each() -> None:
    second = NUMBER[:-1] + "3"
    assert find(f"{second} e {NUMBER} / {second}") == (second, NUMBER)


@given(st.text(st.sampled_from("0129 .-/\u2013\n"), max_size=200))
def test_what_is_found_is_plain_digits_of_the_text(text: str) -> None:
    digits = "".join(c for c in text if c.isdecimal())
    for number in find(text):
        assert number.isdecimal()
        assert 20 <= len(number) <= 26
        assert number in digits


@pytest.mark.parametrize(
    "template",
    [
        DEFAULT_TEMPLATE,
        "{date:%Y%m%d}{seq:06}",
        "OP-{date:%y%j}-{seq:08}",
        "{date}.{seq:06}",
        "{date:%Y%m%d}{seq:06}-OP",
    ],
)
def test_template_that_gives_distinct_numbers_is_accepted(template: str) -> None:
    check_template(template)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{ans:06}{seq:06}", "missing field {date}"),
        ("{ans:06}{date:%Y%m%d}", "missing field {seq}"),
        ("{date:%Y%m%d}{seq:06}{state}", "unknown field {state}"),
        ("{date:%Y%m%d}{seq:06}{ans.real}", "unknown field {ans.real}"),
        ("{date:%Y%m%d}{seq:06}{ans!r}", "unknown field {ans}"),
        ("{date:%Y%m%d}{seq:{ans}}", "unknown field {seq}"),
        ("{date:%Y%m%d}{seq}", "at least 6 digits"),
        ("{date:%Y%m%d}{seq:>6}", "at least 6 digits"),
        ("{date:%Y%m%d}{seq:zz}", "format code"),
        ("{date:%Y%m}{seq:06}", "year, month and day"),
        ("{date:%Y%d}{seq:06}", "year, month and day"),
        ("{date:%d%m}{seq:06}", "year, month and day"),
        ("{date:%Y%-m%-d}{seq:06}", "year, month and day"),
        ("{date:%Y%m%d}/{seq:06}", "letters, digits"),
        ("n{date:%Y%m%d}{seq:06}", "letters, digits"),
        ("{date:%Y%m%d}{seq:040}", "letters, digits"),
        ("{date:%Y%m%d}{seq:06", "format spec"),
    ],
)
def test_template_that_misleads_is_refused_with_the_reason(template: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        check_template(template)


@pytest.mark.parametrize(
    ("registration", "valid"),
    [
        ("999997", True),
        ("123455", True),
        ("123456", False),
        ("000001", True),
        ("000060", True),
        ("99997", False),
        ("99999A", False),
        ("\u0661\u0662\u0663\u0664\u0665\u0665", False),
    ],
)
def test_registration_check_digit(registration: str, valid: bool) -> None:
    assert ans_check(registration) is valid


@given(st.integers(0, 99_999))
def test_every_registration_has_one_check_digit(base: int) -> None:
    assert sum(ans_check(f"{base:05}{digit}") for digit in range(10)) == 1
