"""Length counts, composition does not, common ones are refused."""

import pytest

from helpdesk import passwords

WORDS = ("luciana@clinica.example", "Luciana Reis", "Operadora Modelo")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", "required"),
        ("onze letras", "too_short"),
        ("x" * 201, "too_long"),
        ("password1234", "common"),
        ("qwertyuiop12", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("123456789012", "common"),
        ("senha1234567", "common"),
        ("Luciana123456", "common"),
        ("luciana@clinica.example", "common"),
        ("operadora2026", "common"),
        ("só minúsculas e espaços", ""),
        ("girassol tardio 88", ""),
        ("correta cavalo bateria", ""),
        ("g" * 12 + " muito " + "h" * 150, ""),
        ("senha longa 🌻 com flor", ""),
    ],
)
def test_what_stands_against_a_password(password: str, problem: str):
    assert passwords.problem(password, words=WORDS) == problem


def test_beside_a_second_factor_it_may_be_shorter():
    assert passwords.problem("vento sul", words=WORDS) == "too_short"
    assert passwords.problem("vento sul", words=WORDS, least=passwords.LEAST_WITH_FACTOR) == ""


def test_a_password_matches_itself_however_an_accent_is_spelled():
    composed, apart = "açaí no café", "ac\u0327ai\u0301 no cafe\u0301"
    stored = passwords.hash_password(composed)
    assert passwords.verify(stored, apart)
    assert passwords.verify(stored, composed)
    assert not passwords.verify(stored, "acai no cafe")
    assert not passwords.verify("", "nobody"), "nobody has no password"
    assert not passwords.verify("garbage", composed)
