"""A DNS server on loopback that answers TXT questions from a table, or as servers do on bad days."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


@dataclass
class Zone:
    """`records`: TXT texts by name. `silent` names get no answer, `broken` ones SERVFAIL. A name
    ending in a key of either counts too."""

    records: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    silent: set[str] = field(default_factory=set[str])
    broken: set[str] = field(default_factory=set[str])
    asked: list[str] = field(default_factory=list[str])
    port: int = 0

    def answer(self, wire: bytes) -> bytes | None:
        question = dns.message.from_wire(wire)
        name = question.question[0].name
        plain = name.to_text(omit_final_dot=True).lower()
        self.asked.append(plain)
        if any(plain.endswith(each) for each in self.silent):
            return None
        reply = dns.message.make_response(question)
        reply.flags |= dns.flags.RA
        if any(plain.endswith(each) for each in self.broken):
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif self.records.get(plain):
            texts = [_quoted(text) for text in self.records[plain]]
            reply.answer.append(dns.rrset.from_text(name, 300, "IN", "TXT", *texts))
        elif plain not in self.records:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()


def _quoted(text: str) -> str:
    """A record in strings of at most 255 octets (RFC 1035 §3.3)."""
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, max(len(text), 1), 250))


@contextmanager
def serving(zone: Zone) -> Iterator[Zone]:
    class Question(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, sock = self.request
            reply = zone.answer(wire)
            if reply is not None:
                sock.sendto(reply, self.client_address)

    class Server(socketserver.ThreadingUDPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Question) as server:
        zone.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield zone
        server.shutdown()
        thread.join()
