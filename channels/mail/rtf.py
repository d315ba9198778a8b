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
    b"emdash": "—",
    b"endash": "–",
    b"bullet": "•",
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
}


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
    out: list[str] = []
    #: (skipped, characters that stand behind each \\u)
    state = (False, 1)
    stack: list[tuple[bool, int]] = []
    swallow = 0
    high = 0
    for token in _TOKEN.finditer(rtf):
        hexed, word, number, symbol, brace, plain = token.groups()
        skipped, after_unicode = state
        if brace == b"{":
            stack.append(state)
        elif brace == b"}":
            state = stack.pop() if stack else (False, 1)
        elif word is not None:
            if word in _SKIPPED:
                state = (True, after_unicode)
            elif word == b"uc":
                state = (skipped, int(number or 1))
            elif word == b"u" and number and not skipped:
                point = int(number) % 65536
                if 0xD800 <= point < 0xDC00:
                    high = point
                elif 0xDC00 <= point < 0xE000:
                    out.append(
                        chr(0x10000 + ((high - 0xD800) << 10) + point - 0xDC00) if high else ""
                    )
                    high = 0
                else:
                    out.append(chr(point))
                swallow = after_unicode
            elif word in _BREAKS and not skipped:
                out.append(_BREAKS[word])
        elif symbol is not None:
            if symbol == b"*":
                state = (True, after_unicode)
            elif symbol in b"\\{}" and not skipped:
                out.append(symbol.decode())
            elif symbol == b"~" and not skipped:
                out.append(" ")
        elif not skipped and hexed is not None:
            if swallow:
                swallow -= 1
            else:
                out.append(bytes.fromhex(hexed.decode()).decode("cp1252", "replace"))
        elif not skipped and plain is not None:
            out.append(plain[swallow:].decode("cp1252", "replace"))
            swallow = 0
    return re.sub(r"\n{3,}", "\n\n", "".join(out)).strip()
