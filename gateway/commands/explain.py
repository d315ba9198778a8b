"""`mail explain`: what is understood of messages, for people who look for a fault. No instance."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from channels.mail.explain import explain


def run(files: Sequence[Path]) -> None:
    for file in files:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        # Escaped, so that any text, lone surrogates too, can be printed anywhere.
        sys.stdout.write(json.dumps(explain(raw)) + "\n")
        sys.stdout.flush()
