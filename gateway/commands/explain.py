"""`mail explain`: what is understood of messages, for people who look for a fault. No instance."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from channels.mail.explain import explain
from gateway.commands.instance import say


def run(files: Sequence[Path]) -> None:
    for file in files:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        # Escaped, so that any text, lone surrogates too, can be printed anywhere.
        say(json.dumps(explain(raw)))
        sys.stdout.flush()
