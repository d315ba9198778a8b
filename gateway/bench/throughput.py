"""Messages explained a second on one core, beside `email.policy.default` and beside the bare bytes.

CPU time, best of `ROUNDS`: other programs on the machine do not count.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy

from channels.mail.explain import explain

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Speed:
    """Messages a second. `theirs` reads every header and every part, ours says everything that
    `mail explain` says; `limit` is one pass over the bytes: lines divided, SHA-256 taken."""

    messages: int
    ours: float
    theirs: float
    limit: float
    #: messages that the standard library raises on
    raised: int

    @property
    def share(self) -> float:
        return self.ours / self.theirs if self.theirs else 0.0


def measure(messages: Sequence[bytes]) -> Speed:
    raised = sum(not _survives(raw) for raw in messages)
    ours, theirs, limit = (_rate(each, messages) for each in (_explained, _survives, _passed))
    return Speed(len(messages), ours, theirs, limit, raised)


def is_page(raw: bytes) -> bool:
    return b"text/html" in raw.lower()


def _rate(work: Callable[[bytes], object], messages: Sequence[bytes]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for raw in messages:
            work(raw)
        best = min(best, time.process_time() - begun)
    return len(messages) / max(best, 1e-9)


def _explained(raw: bytes) -> None:
    json.dumps(explain(raw))


def _survives(raw: bytes) -> bool:
    """Whether the standard library reads every header and every part."""
    try:
        root = message_from_bytes(raw, policy=policy.default)
        for part in root.walk():
            for value in part.values():
                str(value)
            if not part.is_multipart():
                _read(part)
    except Exception:  # noqa: BLE001 - to count them is what this is for
        return False
    return True


def _read(part: object) -> None:
    get_content = getattr(part, "get_content", None)
    if get_content is not None:
        get_content()


def _passed(raw: bytes) -> None:
    raw.splitlines()
    hashlib.sha256(raw)
