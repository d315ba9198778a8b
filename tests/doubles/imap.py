"""An IMAP server that refuses: answers by a script where a real one cannot be made to fail."""

import contextlib
import re
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

_UIDS = re.compile(rb"UID FETCH ([0-9,:]+) \((.*)\)")


@dataclass
class Script:
    """`messages` by UID. `refused`: UIDs whose bodies are answered NO; `mute`: left out of answers,
    `gone`: also no longer found; `headerless`: even their headers are refused."""

    messages: dict[int, bytes] = field(default_factory=dict[int, bytes])
    refused: set[int] = field(default_factory=set[int])
    mute: set[int] = field(default_factory=set[int])
    gone: set[int] = field(default_factory=set[int])
    headerless: set[int] = field(default_factory=set[int])
    flags_refused: bool = False
    foretells: bool = False
    port: int = 0

    def answer(self, command: bytes) -> tuple[list[bytes], bytes]:
        """Untagged lines, then the tagged result."""
        upper = command.upper()
        if upper.startswith(b"CAPABILITY"):
            return [b"CAPABILITY IMAP4rev1"], b"OK done"
        if upper.startswith((b"SELECT", b"EXAMINE")):
            lines = [b"%d EXISTS" % len(self.messages), b"OK [UIDVALIDITY 77] valid"]
            if self.foretells:
                lines.append(b"OK [UIDNEXT %d] next" % (max(self.messages, default=0) + 1))
            return lines, b"OK [READ-WRITE] done"
        if upper.startswith(b"UID SEARCH"):
            return [b"SEARCH " + b" ".join(b"%d" % uid for uid in self._found(upper))], b"OK done"
        if upper.startswith(b"UID FETCH"):
            return self._fetched(command)
        if upper.startswith(b"UID STORE") and self.flags_refused:
            return [], b"NO [READ-ONLY] not yours"
        return [], b"OK done"

    def _found(self, command: bytes) -> list[int]:
        wanted = command.rpartition(b" ")[2]
        if wanted.isdigit():
            return [uid for uid in self.messages if uid == int(wanted) and uid not in self.gone]
        return sorted(self.messages)

    def _fetched(self, command: bytes) -> tuple[list[bytes], bytes]:
        match = _UIDS.fullmatch(command)
        assert match is not None, command
        uids = [int(uid) for uid in match[1].split(b",")]
        items = match[2].upper()
        if b"RFC822.SIZE" in items:
            date = b'"24-Nov-2026 12:00:00 +0000"'
            return [
                b"%d FETCH (UID %d RFC822.SIZE %d INTERNALDATE %s)"
                % (uid, uid, len(self.messages[uid]), date)
                for uid in uids
            ], b"OK done"
        if b"HEADER" in items:
            if self.headerless & {*uids}:
                return [], b"NO broken"
            return [self._literal(uid, b"BODY[HEADER]<0>") for uid in uids], b"OK done"
        if self.refused & {*uids}:
            return [], b"NO [SERVERBUG] broken"
        kept = [uid for uid in uids if uid not in self.mute | self.gone]
        return [self._literal(uid, b"BODY[]") for uid in kept], b"OK done"

    def _literal(self, uid: int, name: bytes) -> bytes:
        raw = self.messages[uid]
        if b"HEADER" in name:
            raw = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        return b"%d FETCH (UID %d %s {%d}\r\n%s)" % (uid, uid, name, len(raw), raw)


@contextlib.contextmanager
def scripted(script: Script) -> Iterator[Script]:
    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            while line := self.rfile.readline().rstrip(b"\r\n"):
                tag, _, command = line.partition(b" ")
                lines, result = script.answer(command)
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
