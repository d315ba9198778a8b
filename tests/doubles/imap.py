"""An IMAP server that refuses: answers by a script where a real one cannot be made to fail."""

import contextlib
import re
import socketserver
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

_UIDS = re.compile(rb"UID FETCH ([0-9,:]+) \((.*)\)")
_SOUGHT = re.compile(rb"UID SEARCH UID ([0-9]+)(?::([0-9]+|\*))?")

Answer = tuple[list[bytes], bytes] | None


@dataclass
class Script:
    """`messages` by UID. `refused`: UIDs whose bodies are answered NO; `mute`: left out of answers,
    `gone`: also no longer found; `headerless`: even their headers are refused; `deadly`: to ask for
    them ends the connection (for their sizes too, when `deadly_to_list`); `garbled`: UIDs whose
    `garbled_items` are answered with what is no IMAP."""

    messages: dict[int, bytes] = field(default_factory=dict[int, bytes])
    refused: set[int] = field(default_factory=set[int])
    mute: set[int] = field(default_factory=set[int])
    gone: set[int] = field(default_factory=set[int])
    headerless: set[int] = field(default_factory=set[int])
    deadly: set[int] = field(default_factory=set[int])
    deadly_to_list: bool = False
    garbled: set[int] = field(default_factory=set[int])
    garbled_items: tuple[bytes, ...] = (b"BODY.PEEK[]",)
    uidvalidity: int | None = 77
    readonly: bool = False
    #: folders there are, with their flags; `create` says what becomes of CREATE
    folders: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    create: bytes = b"OK done"
    prefix: bytes | None = None
    flags_refused: bool = False
    foretells: bool = False
    port: int = 0
    #: what was asked, in order
    asked: list[bytes] = field(default_factory=list[bytes])

    def answer(self, command: bytes) -> Answer:
        """Untagged lines, then the tagged result; None hangs up."""
        self.asked.append(command)
        for word, say in self._answers().items():
            if command.upper().startswith(word):
                return say(command)
        return [], b"OK done"

    def _answers(self) -> "dict[bytes, Callable[[bytes], Answer]]":
        return {
            b"CAPABILITY": self._capable,
            b"NAMESPACE": lambda _: (
                [b'NAMESPACE (("%s" ".")) NIL NIL' % (self.prefix or b"")],
                b"OK done",
            ),
            b"SELECT": self._selected,
            b"EXAMINE": self._selected,
            b"LIST": self._listed,
            b"CREATE": self._created,
            b"UID COPY": self._copied,
            b"UID SEARCH": self._searched,
            b"UID FETCH": self._fetched,
            b"UID STORE": self._flagged,
        }

    def _capable(self, _: bytes) -> Answer:
        more = b"" if self.prefix is None else b" NAMESPACE"
        return [b"CAPABILITY IMAP4rev1" + more], b"OK done"

    def _listed(self, command: bytes) -> Answer:
        name = _name(command)
        flags = self.folders.get(name)
        return [] if flags is None else [b'LIST (%s) "." "%s"' % (flags, name)], b"OK done"

    def _created(self, command: bytes) -> Answer:
        if self.create.startswith(b"OK"):
            self.folders[_name(command)] = b""
        return [], self.create

    def _copied(self, command: bytes) -> Answer:
        known = _name(command) in self.folders
        return [], b"OK done" if known else b"NO [TRYCREATE] no such folder"

    def _flagged(self, _: bytes) -> Answer:
        return [], b"NO [READ-ONLY] not yours" if self.flags_refused else b"OK done"

    def _searched(self, command: bytes) -> Answer:
        return [b"SEARCH " + b" ".join(b"%d" % uid for uid in self._found(command))], b"OK done"

    def _selected(self, command: bytes) -> Answer:
        lines = [b"%d EXISTS" % len(self.messages)]
        if self.uidvalidity is not None:
            lines.append(b"OK [UIDVALIDITY %d] valid" % self.uidvalidity)
        if self.foretells:
            lines.append(b"OK [UIDNEXT %d] next" % (max(self.messages, default=0) + 1))
        looking = self.readonly or command.upper().startswith(b"EXAMINE")
        return lines, b"OK [READ-ONLY] done" if looking else b"OK [READ-WRITE] done"

    def _found(self, command: bytes) -> list[int]:
        match = _SOUGHT.match(command)
        assert match is not None, command
        first, last = int(match[1]), match[2]
        if last is None:
            return [uid for uid in self.messages if uid == first and uid not in self.gone]
        highest = max(self.messages, default=0) if last == b"*" else int(last)
        return [uid for uid in sorted(self.messages) if first <= uid <= highest]

    def _fetched(self, command: bytes) -> Answer:
        match = _UIDS.fullmatch(command)
        assert match is not None, command
        uids = [int(uid) for uid in match[1].split(b",")]
        items = match[2].upper()
        if self.deadly & {*uids} and (self.deadly_to_list or b"SIZE" not in items):
            return None
        if self.garbled & {*uids} and any(item in items for item in self.garbled_items):
            return [b"%d FETCH (UID %d BODY[] (((" % (uids[0], uids[0])], b"OK done"
        if b"RFC822.SIZE" in items:
            return [self._size(uid) for uid in uids], b"OK done"
        if b"HEADER" in items:
            refused = self.headerless & {*uids}
            lines = [] if refused else [self._literal(uid, b"BODY[HEADER]<0>") for uid in uids]
            return lines, b"NO broken" if refused else b"OK done"
        refused = self.refused & {*uids}
        kept = [] if refused else [uid for uid in uids if uid not in self.mute | self.gone]
        lines = [self._literal(uid, b"BODY[]") for uid in kept]
        return lines, b"NO [SERVERBUG] broken" if refused else b"OK done"

    def _size(self, uid: int) -> bytes:
        date, size = b'"24-Nov-2026 12:00:00 +0000"', len(self.messages[uid])
        return b"%d FETCH (UID %d RFC822.SIZE %d INTERNALDATE %s)" % (uid, uid, size, date)

    def _literal(self, uid: int, name: bytes) -> bytes:
        raw = self.messages[uid]
        if b"HEADER" in name:
            raw = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        return b"%d FETCH (UID %d %s {%d}\r\n%s)" % (uid, uid, name, len(raw), raw)


def _name(command: bytes) -> bytes:
    """The folder a command ends with."""
    return command.partition(b'"')[2].strip(b'"') if command.endswith(b'"') else command.split()[-1]


@contextlib.contextmanager
def scripted(script: Script) -> Generator[Script]:
    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            while line := self.rfile.readline().rstrip(b"\r\n"):
                tag, _, command = line.partition(b" ")
                answer = script.answer(command)
                if answer is None:
                    return
                lines, result = answer
                if command.upper() == b"LOGOUT":
                    lines = [b"BYE"]
                self.wfile.write(b"".join(b"* %s\r\n" % each for each in lines))
                self.wfile.write(b"%s %s\r\n" % (tag, result))

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Session) as server:
        script.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield script
        server.shutdown()
        thread.join()
