"""Messages kept in files: one in a file, an mbox, a Maildir, or a folder of any of these."""

import re
from collections.abc import Iterator
from pathlib import Path

#: a line of an mbox that begins a message (RFC 4155 appendix A)
FROM = b"From "
#: such a line inside a message, quoted once more than it was
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
MAILDIR = ("cur", "new")


def messages(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each message with where it stands: the file, in an mbox with `#` and its place (from 1).

    Raises `OSError`.
    """
    if path.is_dir():
        for file in files(path):
            yield from messages(file)
        return
    with path.open("rb") as opened:
        is_mbox = opened.read(len(FROM)) == FROM
    if not is_mbox:
        yield str(path), path.read_bytes()
        return
    with path.open("rb") as opened:
        for n, raw in enumerate(split(opened), start=1):
            yield f"{path}#{n}", raw


def files(folder: Path) -> Iterator[Path]:
    """The files that hold messages, by name; of a Maildir those of `cur` and `new`, not `tmp`."""
    if all((folder / name).is_dir() for name in MAILDIR):
        for name in MAILDIR:
            yield from sorted(path for path in (folder / name).iterdir() if path.is_file())
        folders = (path for path in folder.iterdir() if path.name not in {*MAILDIR, "tmp"})
        for path in sorted(path for path in folders if path.is_dir()):
            yield from files(path)
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from files(path)
        elif path.is_file():
            yield path


def size(path: Path) -> int:
    """Octets below a path."""
    return sum(p.stat().st_size for p in files(path)) if path.is_dir() else path.stat().st_size


def split(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The messages of an mbox: a `From ` line after an empty line (or first) begins one.

    The empty line before it belongs to the mbox; `>From ` loses one of its signs (mboxrd).
    """
    message: list[bytes] = []
    begun = after_empty = False
    for line in lines:
        if line.startswith(FROM) and (after_empty or not begun):
            if begun:
                yield _whole(message)
            message, begun, after_empty = [], True, False
            continue
        message.append(line)
        after_empty = not line.strip(b"\r\n")
    if begun:
        yield _whole(message)


def _whole(lines: list[bytes]) -> bytes:
    if lines and not lines[-1].strip(b"\r\n"):
        lines = lines[:-1]
    return _QUOTED.sub(rb"\1", b"".join(lines))
