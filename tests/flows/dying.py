"""A server that dies at one point, as by `kill -9`: `python -m tests.flows.dying POINT` serves.

Real parts throughout; only the doors to the core and to the blob store end the process when the
step that the point names is reached.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import gateway.runtime
from gateway import serve
from gateway.blobs import FileBlobs
from gateway.sections import BlobsConfig
from gateway.settings import load
from gateway.work import Work
from helpdesk.ports import BlobStore

When = Literal["before", "inside", "after"]
#: point: the verb of the core, and on which side of its commit
POINTS: dict[str, tuple[str, When]] = {
    "nothing stored": ("blobs", "before"),
    "blob stored, row not": ("store", "before"),
    "row written, not committed": ("store", "inside"),
    "committed, not acknowledged": ("store", "after"),
    "flagged, place not remembered": ("set_cursor", "before"),
    "place remembered": ("set_cursor", "after"),
    "claimed, not applied": ("claim", "after"),
    "applied, not committed": ("_receive", "inside"),
    "applied": ("_receive", "after"),
    "notice claimed, not sent": ("claim_notice", "after"),
    "sent, not settled": ("sent", "before"),
    "sent, settling not committed": ("sent", "inside"),
    "settled": ("sent", "after"),
}
DEAD = 9


def die() -> None:
    os._exit(DEAD)


class DyingWork(Work):
    """Dies at the point instead of going on."""

    verb, when = "", ""

    async def write(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        name = verb.__name__
        if verb.__module__.endswith("outbox") and name == "claim":
            name = "claim_notice"
        hit = name == self.verb and not (name == "set_cursor" and not _is_moving(args))

        def dying(session: Any, *args: Any, **kwargs: Any) -> Any:
            verb(session, *args, **kwargs)
            session.flush()
            die()

        if hit and self.when == "before":
            die()
        result = await super().write(
            dying if hit and self.when == "inside" else verb, *args, **kwargs
        )
        # An idle look claims nothing and is no point to die at.
        if hit and self.when == "after" and (result or "claim" not in name):
            die()
        return result


class DyingBlobs(FileBlobs):
    def put_many(self, data: Sequence[bytes]) -> list[str]:
        die()
        return super().put_many(data)


def open_dying(config: BlobsConfig) -> BlobStore:
    return DyingBlobs(Path(config.url.partition(":")[2]))


def _is_moving(args: Sequence[Any]) -> bool:
    """The first look at a folder only remembers where it begins (uid 0)."""
    return bool(args[2])


def main(point: str) -> None:
    verb, when = POINTS[point]
    DyingWork.verb, DyingWork.when = verb, when
    gateway.runtime.Work = DyingWork
    if verb == "blobs":
        gateway.runtime.open_blobs = open_dying
    serve.run(load())


if __name__ == "__main__":
    main(sys.argv[1])
