"""What atheris made of our small messages while it looked for one that stops the parser."""

import json
from pathlib import Path

import pytest

from channels.mail.explain import explain
from tests.channels.mail.samples import FIXTURES

INPUTS = sorted((FIXTURES / "fuzz").glob("*.eml"))


@pytest.mark.parametrize("path", INPUTS, ids=[path.stem for path in INPUTS])
def test_it_is_read_like_any_other(path: Path):
    found = explain(path.read_bytes())
    assert json.loads(json.dumps(found)) == found
    assert bool(found["reply_text"].strip()) is bool(found["text"].strip())
