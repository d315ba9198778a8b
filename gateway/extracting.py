"""The child that reads the text of one file: bytes on its standard input, JSON on its output.

It begins by giving up what it does not need: memory, processor time, files; its environment is
empty. What the bytes are is told from the bytes. One of `{"text": …}` and `{"error": code}`, where
code is encrypted | broken | too_big | no_text | not_text.
Run as `python -I -m gateway.extracting`.
"""

import io
import json
import re
import resource
import sys
from collections.abc import Iterator
from xml.parsers import expat

MEMORY = 640 * 1024 * 1024
CPU_SECONDS = 20
FILES = 16
#: characters that are kept, and pages that are looked at
MOST_TEXT = 2_000_000
MOST_PAGES = 2_000
SAMPLE = 1_024
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

_UNSEEN = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


class UnreadableError(Exception):
    """`code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def main() -> None:
    """Whatever goes wrong is an answer; what ends the process is told by how it ended."""
    limit()
    data = sys.stdin.buffer.read()
    try:
        answer = {"text": text_of(data)}
    except UnreadableError as error:
        answer = {"error": error.code}
    except (MemoryError, RecursionError):
        answer = {"error": "too_big"}
    except Exception:  # noqa: BLE001 - parsers of hostile files raise anything
        answer = {"error": "broken"}
    sys.stdout.buffer.write(json.dumps(answer).encode())


def limit() -> None:
    """Before anything is read, and before the parsers are loaded."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


def text_of(data: bytes) -> str:
    """Raises `UnreadableError`, and whatever parsers raise."""
    if b"%PDF-" in data[:SAMPLE]:
        return _gathered(_pdf(data))
    said = _decoded(data)
    if said.lstrip()[:1] == "<":
        return _gathered(_marked(data, said))
    return said[:MOST_TEXT]


def _gathered(parts: Iterator[str]) -> str:
    kept: list[str] = []
    size = 0
    for part in parts:
        kept.append(part)
        size += len(part) + 1
        if size > MOST_TEXT:
            break
    return " ".join(kept)[:MOST_TEXT]


def _pdf(data: bytes) -> Iterator[str]:
    # Slow to import, and most files are none.
    from pypdf import PdfReader  # noqa: PLC0415
    from pypdf.errors import DependencyError, PdfReadError  # noqa: PLC0415

    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError("encrypted")
        pages = len(reader.pages)
    except DependencyError as error:
        raise UnreadableError("encrypted") from error
    except PdfReadError as error:
        raise UnreadableError("broken") from error
    found = False
    for n in range(min(pages, MOST_PAGES)):
        said = reader.pages[n].extract_text()
        found = found or bool(said.strip())
        yield said
    if not found:
        raise UnreadableError("no_text")


def _marked(data: bytes, said: str) -> Iterator[str]:
    """Text and values of attributes. What declares entities is read as plain text, unexpanded."""
    try:
        yield from _xml(data)
    except (expat.ExpatError, UnreadableError, ValueError):
        yield _TAG.sub(" ", _UNSEEN.sub(" ", said))


def _xml(data: bytes) -> list[str]:
    kept: list[str] = []

    def refuse(*_: object) -> None:
        raise UnreadableError("entities")

    def begin(_: str, attributes: dict[str, str]) -> None:
        kept.extend(attributes.values())
        kept.append(" ")

    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.buffer_text = True
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = begin
    parser.CharacterDataHandler = kept.append
    parser.Parse(data, True)  # noqa: FBT003 - its signature
    return kept


def _decoded(data: bytes) -> str:
    """Raises `UnreadableError` for bytes that are no text."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\0" in data[: SAMPLE * 8]:
        raise UnreadableError("not_text")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


if __name__ == "__main__":
    main()
