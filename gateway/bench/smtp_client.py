"""A load of mail over SMTP: several connections, one message after another on each.

Runs as a process of its own (`python -m gateway.bench.smtp_client PORT MESSAGES CONNECTIONS RUN`),
so that it shares no interpreter with the server. Prints accepted messages a second.
"""

import asyncio
import sys
import time

SENDERS = 500
TO = "intake@bench.example"
BODY = (
    "Bom dia,=0D=0A\r\n=0D=0A\r\nSegue a rela=C3=A7=C3=A3o das guias do lote {n} para "
    "confer=C3=AAncia. O demonstrativo=\r\n traz a glosa 1801 em duplicidade e pedimos a "
    "revis=C3=A3o do valor de R$ 412,60.\r\n"
    + "Guia 45871 apresentada em 03/11/2026 com retorno no mesmo dia e ficha assinada.\r\n" * 18
    + "Atenciosamente,\r\nSetor de faturamento\r\n"
)


def message(n: int, run: str) -> bytes:
    """About 2 kB, quoted-printable, each with its own Message-ID."""
    head = (
        f"Received: from mx{n % 7}.prestador.example by relay.bench.example; "
        "Tue, 24 Nov 2026 09:12:00 -0300\r\n"
        f"From: =?utf-8?q?Cl=C3=ADnica?= {n % SENDERS} <{sender(n)}>\r\n"
        f"To: <{TO}>\r\n"
        f"Subject: =?utf-8?q?Glosa_do_lote_{n}_para_confer=C3=AAncia?=\r\n"
        f"Message-ID: <{run}.{n}@prestador.example>\r\n"
        "Date: Tue, 24 Nov 2026 09:12:00 -0300\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return (head + BODY.format(n=n)).encode()


def sender(n: int) -> str:
    return f"faturamento{n % SENDERS}@prestador.example"


async def send(port: int, messages: int, connections: int, run: str) -> float:
    """Seconds from the first command to the last 250. Raises when one is not taken."""
    started = time.perf_counter()
    shares = [range(k, messages, connections) for k in range(connections)]
    await asyncio.gather(*(_connection(port, share, run) for share in shares))
    return time.perf_counter() - started


async def _connection(port: int, numbers: range, run: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await _expect(reader, "220")
    await _say(reader, writer, b"EHLO bench.example\r\n", "250")
    for n in numbers:
        await _say(reader, writer, f"MAIL FROM:<{sender(n)}>\r\n".encode(), "250")
        await _say(reader, writer, f"RCPT TO:<{TO}>\r\n".encode(), "250")
        await _say(reader, writer, b"DATA\r\n", "354")
        await _say(reader, writer, message(n, run) + b"\r\n.\r\n", "250")
    await _say(reader, writer, b"QUIT\r\n", "221")
    writer.close()


async def _say(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, code: str
) -> None:
    writer.write(line)
    await _expect(reader, code)


async def _expect(reader: asyncio.StreamReader, code: str) -> None:
    while True:
        line = (await reader.readline()).decode()
        if not line.startswith(code):
            msg = f"expected {code}, got {line!r}"
            raise RuntimeError(msg)
        if line[3:4] != "-":
            return


if __name__ == "__main__":
    port_, messages_, connections_, run_ = sys.argv[1:5]
    seconds = asyncio.run(send(int(port_), int(messages_), int(connections_), run_))
    sys.stdout.write(f"{int(messages_) / seconds}\n")
