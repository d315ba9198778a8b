import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.mailboxes import Mailbox, find_addresses, mailboxes


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a@b.example", [("", "a@b.example")]),
        (
            '"Silva, Maria" <m@x.example>, Joao <j@y.example>',
            [("Silva, Maria", "m@x.example"), ("Joao", "j@y.example")],
        ),
        ("Silva, Maria <m@x.example>", [("Silva, Maria", "m@x.example")]),
        ("foo <foo@bar.example", [("foo", "foo@bar.example")]),
        ("foo@bar.example (Fulano)", [("Fulano", "foo@bar.example")]),
        (
            "Grupo: a@b.example, C <c@d.example>;, e@f.example",
            [("", "a@b.example"), ("C", "c@d.example"), ("", "e@f.example")],
        ),
        ("undisclosed-recipients:;", []),
        ("<@a.example,@b.example:c@d.example>", [("", "c@d.example")]),
        ("<a@b.example> Nome", [("Nome", "a@b.example")]),
        ("'x@y.example' <x@y.example>", [("x@y.example", "x@y.example")]),
        ("a @ b.example", [("", "a@b.example")]),
        ("mailto:a@b.example", [("", "a@b.example")]),
        ("Maria", [("Maria", "")]),
        ("MAILER-DAEMON (Mail System)", [("Mail System", "MAILER-DAEMON")]),
        ("<postmaster>", [("", "postmaster")]),
        ("", []),
        ("<>", []),
        ('"local com espaco"@x.example', [("", '"local com espaco"@x.example')]),
        ("=?utf-8?Q?Jo=C3=A3o?= <j@x.example>", [("João", "j@x.example")]),
        ('"a@b.example"', [("", "a@b.example")]),
        ('"a@b.example" <>', [("a@b.example", "")]),
        ("Ana Lima [a@b.example]", [("Ana Lima", "a@b.example")]),
        (r'"\"Ana\" Lima" <a@b.example>', [('"Ana" Lima', "a@b.example")]),
        ('Ana" <a@b.example>', [("Ana", "a@b.example")]),
        ("=?utf-8?Q?agent?=@exam\0ple", [("", "agent@example")]),
    ],
)
def test_lists_as_people_and_programs_write_them(header: str, expected: list[tuple[str, str]]):
    assert [(each.name, each.address) for each in mailboxes(header.encode())] == expected


def test_an_encoded_word_in_the_place_of_an_address_makes_no_other_address():
    hidden = b"=?utf-8?Q?attacker?Q?agent?=@victim.example"
    assert [each.address for each in mailboxes(hidden)] == [hidden.decode()]
    (smuggled,) = mailboxes(b"=?utf-8?Q?ceo=40victim.example=3E?= <m@x.example>")
    assert smuggled.address == "m@x.example"
    (at_sign,) = mailboxes(b"=?utf-8?Q?ceo=40victim.example?=@x.example")
    assert at_sign.domain == "x.example"


def test_one_encoded_plain_word_is_read():
    assert mailboxes(b"=?utf-8?q?agent?=@x.example") == (Mailbox("", "agent@x.example"),)


def test_a_header_encoded_as_a_whole_is_read():
    assert mailboxes(b"=?utf-8?B?TWFyaWEgPG1AeC5leGFtcGxlPg==?=") == (
        Mailbox("Maria", "m@x.example"),
    )


def test_addresses_in_running_text():
    assert find_addresses("Escreva para a@b.example, ou <c@d.example>.") == [
        "a@b.example",
        "c@d.example",
    ]


@given(
    st.binary(max_size=300) | st.text(alphabet='<>@",;:()= ?ab.\\', max_size=120).map(str.encode)
)
def test_no_address_holds_a_blank_or_a_bracket(header: bytes):
    for each in mailboxes(header):
        if not each.address.startswith('"'):
            assert not set(each.address) & set(' <>,;"')
