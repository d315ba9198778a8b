"""The rich text of Outlook: unpacked (MS-OXRTFCP) and read as plain text."""

import re

_PRELOAD = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_WINDOW = 4096
#: unpacked text beyond this is cut
_LARGEST = 16 * 1024 * 1024

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]+)(-?\d+)? ?|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)"
)
_SKIPPED = frozenset(
    {
        b"fonttbl",
        b"colortbl",
        b"stylesheet",
        b"info",
        b"pict",
        b"themedata",
        b"generator",
        b"listtable",
        b"listoverridetable",
        b"objdata",
        b"htmltag",
        b"mhtmltag",
        b"xmlnstbl",
        b"colorschememapping",
        b"latentstyles",
        b"datastore",
        b"fldinst",
    }
)
_BREAKS = {
    b"par": "\n",
    b"line": "\n",
    b"tab": "\t",
    b"cell": " ",
    b"row": "\n",
    b"emdash": "\N{EM DASH}",
    b"endash": "\N{EN DASH}",
    b"bullet": "•",
    b"lquote": "\N{LEFT SINGLE QUOTATION MARK}",
    b"rquote": "\N{RIGHT SINGLE QUOTATION MARK}",
    b"ldblquote": "“",
    b"rdblquote": "”",
}
_SYMBOLS = {b"\\": "\\", b"{": "{", b"}": "}", b"~": " "}


def decompress(packed: bytes) -> bytes:
    """LZFu or stored RTF; what could be read when it is broken, b"" when it is neither."""
    if len(packed) < 16:
        return b""
    size = min(int.from_bytes(packed[4:8], "little"), _LARGEST)
    kind = packed[8:12]
    if kind == b"MELA":
        return packed[16 : 16 + size]
    if kind != b"LZFu":
        return b""
    window = bytearray(_PRELOAD.ljust(_WINDOW, b" "))
    write = len(_PRELOAD)
    out = bytearray()
    at = 16
    while at < len(packed) and len(out) < size:
        flags = packed[at]
        at += 1
        for bit in range(8):
            if at >= len(packed) or len(out) >= size:
                break
            if not flags >> bit & 1:
                byte = packed[at]
                at += 1
                out.append(byte)
                window[write] = byte
                write = (write + 1) % _WINDOW
                continue
            token = int.from_bytes(packed[at : at + 2], "big")
            at += 2
            read, length = token >> 4, (token & 15) + 2
            if read == write:
                return bytes(out)
            for step in range(length):
                byte = window[(read + step) % _WINDOW]
                out.append(byte)
                window[write] = byte
                write = (write + 1) % _WINDOW
    return bytes(out[:size])


def to_text(rtf: bytes) -> str:
    """The words of an RTF document, one paragraph a line."""
    reader = _Reader()
    for token in _TOKEN.finditer(rtf):
        reader.take(token)
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.out)).strip()


class _Reader:
    """Where a reader of RTF stands: inside which groups, and what it still has to pass over."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._skipped = False
        #: characters that stand behind each \\u for readers that do not know it
        self._after_unicode = 1
        self._stack: list[tuple[bool, int]] = []
        self._swallow = 0
        self._high = 0

    def take(self, token: re.Match[bytes]) -> None:
        hexed, word, number, symbol, brace, plain = token.groups()
        if brace == b"{":
            self._stack.append((self._skipped, self._after_unicode))
        elif brace == b"}":
            self._skipped, self._after_unicode = self._stack.pop() if self._stack else (False, 1)
        elif word is not None:
            self._word(word, number)
        elif symbol == b"*":
            self._skipped = True
        elif not self._skipped:
            self._content(hexed, symbol, plain)

    def _word(self, word: bytes, number: bytes | None) -> None:
        if word in _SKIPPED:
            self._skipped = True
        elif word == b"uc":
            self._after_unicode = int((number or b"1")[:4])
        elif self._skipped:
            return
        elif word == b"u" and number:
            self._unicode(int(number[:8]) % 65536)
            self._swallow = self._after_unicode
        elif word in _BREAKS:
            self.out.append(_BREAKS[word])

    def _unicode(self, point: int) -> None:
        if 0xD800 <= point < 0xDC00:
            self._high = point
        elif 0xDC00 <= point < 0xE000:
            pair = ((self._high - 0xD800) << 10) + point - 0xDC00
            self.out.append(chr(0x10000 + pair) if self._high else "")
            self._high = 0
        else:
            self.out.append(chr(point))

    def _content(self, hexed: bytes | None, symbol: bytes | None, plain: bytes | None) -> None:
        if symbol is not None:
            self.out.append(_SYMBOLS.get(symbol, ""))
            return
        content = bytes.fromhex(hexed.decode()) if hexed is not None else plain or b""
        self.out.append(content[max(self._swallow, 0) :].decode("cp1252", "replace"))
        self._swallow = max(self._swallow - len(content), 0)
