"""Address lists (RFC 5322 §3.4) read forgivingly, and never into an address that is not there.

Encoded words are decoded only in display names. What stands in the place of an address stays as it
is written: decoding there would let a sender compose somebody else's address.
"""

import re
from dataclasses import dataclass

from channels.mail import charset
from channels.mail.headers import decode_words, raw_text, shown

#: people beyond this are not read: no conversation has so many
MOST_MAILBOXES = 500
#: longer headers are cut
LONGEST_LIST = 64 * 1024

_TOKEN = re.compile(
    r"\"(?P<quoted>(?:[^\"\\]|\\.)*)\""
    r"|\((?P<comment>(?:[^()\\]|\\.|\((?:[^()\\]|\\.|\([^()]*\))*\))*)\)"
    r"|(?P<angle><[^<>]*>?)"
    r"|(?P<stop>[,;])"
    r"|(?P<group>:)"
    r"|(?P<atom>[^\s\"(),;:<>]+)"
    r"|(?P<space>\s+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)")
_ROUTE = re.compile(r"^@[^:<>]*:")
_ADDRESS = re.compile(r"^[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\\]+$")
_BARE = re.compile(r"^[A-Za-z][\w.+-]*$")
_ENCODED_LOCAL = re.compile(r"^(=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)@([^@\s]+)$")
_ATEXT = re.compile(r"^[A-Za-z0-9!#$%&'*+/^_`{|}~.-]+$")
_QUOTED_LOCAL = re.compile(r"^\"(?:[^\"\\]|\\.)+\"@[^\s@<>,;:\"()\\]+$")
#: begins where a word does: else each letter of a word without an `@` would be tried
_FIND = re.compile(
    r"(?<![^\s@<>,;:\"()\[\]\\'])[^\s@<>,;:\"()\[\]\\']+"
    r"@[^\s@<>,;:\"()\[\]\\']+\.[^\s@<>,;:\"()\[\]\\']*\w"
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person or place: display name and address, either of which may be ""."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower() if "@" in self.address else ""


@dataclass(slots=True)
class _Piece:
    """What stands between two commas."""

    words: list[str]
    atoms: list[str]
    comments: list[str]
    angle: str | None = None
    #: the last token was a blank
    spaced: bool = False


def mailboxes(value: bytes, fallback: str | None = None) -> tuple[Mailbox, ...]:
    """Every mailbox of an address header, group members included."""
    line = raw_text(value[:LONGEST_LIST], fallback)
    if "@" not in line and "=?" in line:
        # The whole header in an encoded word, address and all: there is no other address to read.
        line = decode_words(line)
    found: list[Mailbox] = []
    held: list[str] = []
    for piece in _pieces(line):
        mailbox = _mailbox(piece)
        if mailbox is None:
            continue
        if not mailbox.address:
            held.append(mailbox.name)
            continue
        if held and piece.angle is not None:
            # `Silva, Maria <maria@…>`: an unquoted comma inside a name
            mailbox = Mailbox(", ".join([*held, mailbox.name]).strip(", "), mailbox.address)
        held = []
        found.append(mailbox)
        if len(found) >= MOST_MAILBOXES:
            break
    if not found and held:
        # An address that is all there is, in quotes: nothing else can be meant
        alone = _address(held[0]) if len(held) == 1 and "<" not in line else ""
        found.append(Mailbox("", alone) if alone else Mailbox(", ".join(held), ""))
    return tuple(found)


def names_several(value: bytes, fallback: str | None = None) -> bool:
    """Whether the header names more than one address: several mailboxes, or several addresses in
    one (`Ana <a@x> <b@y>`), which readers resolve differently."""
    line = raw_text(value[:LONGEST_LIST], fallback)
    angles = {
        token["angle"].strip("<> \t").lower()
        for token in _TOKEN.finditer(line)
        if token["angle"] and "@" in token["angle"]
    }
    boxes = {box.address.lower() for box in mailboxes(value, fallback) if box.address}
    return len(angles) > 1 or len(boxes) > 1


def _pieces(line: str) -> list[_Piece]:
    pieces = [_Piece([], [], [])]
    for token in _TOKEN.finditer(line):
        piece = pieces[-1]
        kind = token.lastgroup
        if kind == "space":
            piece.spaced = True
            continue
        if kind == "stop":
            pieces.append(_Piece([], [], []))
            continue
        if kind == "group":
            # `name: a, b;`: what stood before is the group's name, unless it is `mailto:`
            if any("@" in atom for atom in piece.atoms):
                _glue(piece, ":")
            else:
                pieces[-1] = _Piece([], [], [])
            continue
        _take(piece, kind or "", token)
        piece.spaced = False
    return pieces


def _take(piece: _Piece, kind: str, token: re.Match[str]) -> None:
    if kind == "quoted":
        piece.words.append(_ESCAPE.sub(r"\1", token["quoted"]))
        _add_atom(piece, token[0])
    elif kind == "comment":
        piece.comments.append(_ESCAPE.sub(r"\1", token["comment"]))
    elif kind == "angle":
        _take_angle(piece, token["angle"].strip("<> \t"))
    elif kind == "atom":
        piece.words.append(token[0])
        _add_atom(piece, token[0])
    elif token[0] not in '<>"':
        piece.words.append(token[0])


def _take_angle(piece: _Piece, inner: str) -> None:
    """The first angle brackets with an address count; others are part of the name."""
    other = inner
    if piece.angle is None or ("@" in inner and "@" not in piece.angle):
        other, piece.angle = piece.angle or "", inner
    if other:
        piece.words.append(other)


def _add_atom(piece: _Piece, content: str) -> None:
    if piece.spaced:
        piece.atoms.append(content)
    else:
        _glue(piece, content)


def _glue(piece: _Piece, content: str) -> None:
    if piece.atoms:
        piece.atoms[-1] += content
    else:
        piece.atoms.append(content)


def _mailbox(piece: _Piece) -> Mailbox | None:
    if piece.angle is not None:
        address = _address(piece.angle)
        words = piece.words
        if not address:
            # `<Name> a@b`, or a name in angle brackets
            address = next((a for a in map(_address, piece.atoms) if a), "")
            words = [w for w in (*piece.words, piece.angle) if w != address]
            if not address and _BARE.match(piece.angle):
                # `<postmaster>`: a local part, which only its own server completes
                address, words = piece.angle, piece.words
        name = _name(words) or _name(piece.comments)
        return Mailbox(name, address) if name or address else None
    address = next((a for a in map(_address, piece.atoms) if a), "")
    if not address and len(piece.atoms) > 1:
        address = _address("".join(piece.atoms))
        if address:
            return Mailbox(_name(piece.comments), address)
    if not address and len(piece.atoms) == 1 and piece.comments and _BARE.match(piece.atoms[0]):
        return Mailbox(_name(piece.comments), piece.atoms[0])
    words = [word for word in piece.words if _address(word) != address] if address else piece.words
    if address.startswith('"'):
        words = []
    name = _name(words) or _name(piece.comments)
    return Mailbox(name, address) if name or address else None


def _address(content: str) -> str:
    """The address in `content`, or "". A blank, a second `@` or a quote sign makes it none."""
    candidate = content.strip().strip("'")
    if candidate[:1] == "[" and candidate[-1:] == "]":
        candidate = candidate[1:-1]
    if candidate[:7].lower() == "mailto:":
        candidate = candidate[7:]
    candidate = _ROUTE.sub("", candidate)
    encoded = _ENCODED_LOCAL.match(candidate)
    if encoded:
        # RFC 2047 §5 forbids it. One plain word is read; anything that could change where the
        # address ends or whose it is stays as written.
        local = decode_words(encoded[1])
        read = f"{local}@{encoded[2]}" if _ATEXT.match(local) else candidate
        return charset.clean(read) if _ADDRESS.match(read) else ""
    if _ADDRESS.match(candidate) or _QUOTED_LOCAL.match(candidate):
        return charset.clean(candidate.rstrip("."))
    packed = "".join(candidate.split())
    if packed != candidate and _ADDRESS.match(packed) and candidate.count("@") == 1:
        left, _, right = candidate.partition("@")
        if len(left.split()) == 1 and len(right.split()) == 1:
            return charset.clean(packed)
        near = "@".join(["", *left.split()][-1:] + [*right.split(), ""][:1])
        return charset.clean(near) if _ADDRESS.match(near) else ""
    return ""


def find_addresses(text: str) -> list[str]:
    """Addresses that stand in running text, in order, each once."""
    return list(dict.fromkeys(found.rstrip(".") for found in _FIND.findall(text)))


def _name(words: list[str]) -> str:
    joined = decode_words(" ".join(words))
    return shown(_unquoted(" ".join(joined.split())))


def _unquoted(name: str) -> str:
    """Without the quotes around the whole, and without one that has no partner."""
    while len(name) > 1 and name[0] == name[-1] and name[0] in "'\"" and name.count(name[0]) == 2:
        name = name[1:-1].strip()
    return name.strip('" ') if name.count('"') == 1 else name.strip("' ")
