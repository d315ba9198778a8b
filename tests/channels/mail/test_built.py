import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.mail.explain import explain
from channels.mail.parse import parse
from tests.channels.mail.built import Built, messages

WORDS = re.compile(r"\w+")
#: what a tag of foreign HTML may never have
ACTS = re.compile(
    r"<\s*(?:script|iframe|form|style|svg|link|meta|base)\b|\son\w+=|url\(", re.IGNORECASE
)


@settings(max_examples=150)
@given(messages())
def test_what_a_message_was_built_from_is_read(built: Built):
    parsed = parse(built.raw)
    assert parsed.subject == " ".join(built.subject.split(" "))
    assert parsed.from_
    assert (parsed.from_.name, parsed.from_.address) == (built.name, built.address)
    assert [each.data for each in parsed.attachments] == [data for _, data in built.files]
    assert [each.filename for each in parsed.attachments] == [name for name, _ in built.files]
    assert WORDS.findall(parsed.text) == WORDS.findall("\n".join(built.texts))
    shown = WORDS.findall(f"{parsed.reply_text}\n{parsed.quoted_text}")
    assert sorted(shown) == sorted(WORDS.findall(parsed.text))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message of which bytes were cut, doubled, changed or moved."""
    raw = draw(messages()).raw
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(raw)))
        stop = min(len(raw), start + draw(st.integers(0, 60)))
        piece = draw(st.one_of(st.binary(max_size=12), st.just(raw[start:stop] * 3), st.just(b"")))
        raw = raw[:start] + piece + raw[stop:]
    return raw


@settings(max_examples=150)
@given(damaged())
def test_a_damaged_message_is_understood_as_far_as_it_goes(raw: bytes):
    found = explain(raw)
    said = json.dumps(found, ensure_ascii=False)
    said.encode()
    assert "\\u0000" not in said
    assert not ACTS.search(str(found["html"] or ""))
    assert bool(str(found["text"]).strip()) == bool(str(found["reply_text"]).strip())
