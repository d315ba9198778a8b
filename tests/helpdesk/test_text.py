import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from helpdesk.text import length, normalise

anything = st.text(st.characters() | st.sampled_from("\r\n\0\t\u0301e\ud83d\ude00"))


@given(anything)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(anything)
def test_normalised_text_can_be_stored_and_printed(text: str) -> None:
    clean = normalise(text)
    clean.encode()
    assert unicodedata.is_normalized("NFC", clean)
    assert not {c for c in clean if ord(c) < 32 or ord(c) == 127} - {"\n", "\t"}


@given(st.lists(st.text(st.characters(categories=["L", "N"]), max_size=5), min_size=1))
def test_every_kind_of_line_end_is_one(lines: list[str]) -> None:
    forms = {normalise(end.join(lines)) for end in ("\n", "\r\n", "\r")}
    assert len(forms) == 1


def test_length_counts_what_a_person_sees_as_typed() -> None:
    assert length("linha1\r\nlinha2 😀 é") == 17
    assert length("e\u0301") == 1
    assert length("x" * 3_999 + "\r\n") == 4_000
    assert length("a\0\u0301") == 1
