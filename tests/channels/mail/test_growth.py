"""No message takes long because of its shape: four times as much takes about four times as long."""

import json
import time

import pytest

from channels.mail.addresses import Addresses
from channels.mail.explain import explain
from channels.mail.threads import thread_key
from tests.channels.mail.hostile import SHAPES, Shape

OURS = Addresses(["fale@ponte.example"], "{local}+{token}@{domain}")
SIZE = 80 * 1024
TIMES = 4
#: 16 is quadratic; the clock of a busy machine is off by less than half
MOST = 9
#: what is quicker is not measured well
LEAST_SECONDS = 0.02


def spent(raw: bytes) -> float:
    """Seconds of the processor, the better of two."""
    seconds: list[float] = []
    for _ in range(2):
        begun = time.process_time()
        thread_key(raw, [], OURS)
        json.dumps(explain(raw))
        seconds.append(time.process_time() - begun)
    return min(seconds)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_work_grows_with_size_and_no_faster(shape: Shape):
    few = max(spent(shape(SIZE)), LEAST_SECONDS)
    assert spent(shape(TIMES * SIZE)) < MOST * few
