"""Room on the disk: what is accepted has to fit, and so has all that is written because of it."""

import shutil
from collections.abc import Callable
from pathlib import Path

from gateway.settings import Settings


def room(settings: Settings) -> Callable[[int], bool]:
    """Asks whether so many octets may be stored with `PONTE_LIMITS__DISK_RESERVE` still free.

    Of a PostgreSQL server and a bucket nothing is known here: their room is not ours to measure.
    """
    folders: list[Path] = []
    if settings.database.file is not None:
        folders.append(settings.database.file.parent)
    if settings.blobs.url.startswith("file:"):
        folders.append(Path(settings.blobs.url.removeprefix("file:")))
    reserve = settings.limits.disk_reserve

    def has_room(octets: int) -> bool:
        return all(shutil.disk_usage(folder).free - octets >= reserve for folder in folders)

    return has_room
