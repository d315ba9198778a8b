import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.identifiers import Phone, cnes, document, email, format_document, phone

WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def check_digits(base: str) -> str:
    """The rule of IN RFB 2.229/2024, written out: value of a character is its code minus 48."""
    for weights in (WEIGHTS[1:], WEIGHTS):
        rest = sum((ord(c) - 48) * w for c, w in zip(base, weights, strict=True)) % 11
        base += str(0 if rest < 2 else 11 - rest)
    return base


@given(st.from_regex(r"[0-9A-Z]{11}[1-9A-Z]", fullmatch=True).filter(lambda b: len(set(b)) > 1))
def test_cnpj_is_read_in_every_spelling_and_written_with_its_mask(base: str) -> None:
    plain = check_digits(base)
    masked = format_document(plain)
    assert (len(masked), masked[2], masked[10], masked[15]) == (18, ".", "/", "-")
    for spelling in (plain, masked, masked.lower(), f" {masked}\n"):
        assert document(spelling) == plain
    wrong = plain[:-1] + str((int(plain[-1]) + 1) % 10)
    assert document(wrong) is None


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("12.abc.345/01de-35", "12ABC34501DE35"),
        ("99.ABC.001/0001-57", "99ABC001000157"),
        ("900.000.001-75", "90000000175"),
        ("90000000256", "90000000256"),
    ],
)
def test_known_documents(typed: str, plain: str) -> None:
    assert document(typed) == plain
    assert document(format_document(plain)) == plain


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "11111111111",
        "00000000000000",
        "12ABÇ34501DE35",
        "\uff11\uff12ABC34501DE35",
        "900 000 001 75",
        "90000000176",
        "1234",
        "9" * 5_000,
    ],
)
def test_what_is_no_document(typed: str) -> None:
    assert document(typed) is None


def test_cpf_mask() -> None:
    assert format_document("90000000175") == "900.000.001-75"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("(11) 98765-4321", Phone("+5511987654321")),
        ("011 98765-4321", Phone("+5511987654321")),
        ("0xx11 98765-4321", Phone("+5511987654321")),
        ("+55 11 98765 4321", Phone("+5511987654321")),
        ("(31) 3333-4444 ramal 12", Phone("+553133334444", "12")),
        ("(31) 3333-4444, r. 12", Phone("+553133334444", "12")),
        ("(31) 3333-4444 Ramal: 1234", Phone("+553133334444", "1234")),
        ("(31) 3333-4444 ext. 5", Phone("+553133334444", "5")),
        ("0800 123 4567", Phone("+558001234567")),
        ("+1 650 253 0000", Phone("+16502530000")),
        ("98765-4321", None),
        ("(20) 98765-4321", None),
        ("ramal 12", None),
        ("", None),
        ("1" * 61, None),
    ],
)
def test_telephones_as_people_type_them(typed: str, read: Phone | None) -> None:
    assert phone(typed) == read


@given(st.text(max_size=80))
def test_any_text_is_read_without_error(text: str) -> None:
    document(text)
    phone(text)
    cnes(text)
    address = email(text)
    assert address is None or (address == address.lower() and "\n" not in address)


def test_cnes_has_seven_digits() -> None:
    assert cnes(" 0012345 ") == "0012345"
    assert cnes("12345") is None
    assert cnes("00123A5") is None
    assert cnes("\u0660\u0660\u0661\u0662\u0663\u0664\u0665") is None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" Faturamento@Clinica.Example ", "faturamento@clinica.example"),
        ("a.b+c@x-y.com.br", "a.b+c@x-y.com.br"),
        ("contato@clínica.example", "contato@xn--clnica-4va.example"),
        ("a" * 64 + "@x.example", "a" * 64 + "@x.example"),
        ("a" * 65 + "@x.example", None),
        ("a@" + "b" * 64 + ".example", None),
        ("a@" + "b.c" * 90 + ".example", None),
        ("Ana <ana@x.example>", None),
        ("ana@x.example\r\nBcc: b@x.example", None),
        ("ana@x.example\n", None),
        ("ana@x", None),
        ("ana@@x.example", None),
        ("ana.@x.example", None),
        ("ana@x..example", None),
        ("josé@x.example", None),
        ("@x.example", None),
        ("", None),
    ],
)
def test_mail_addresses(typed: str, read: str | None) -> None:
    assert email(typed) == read
