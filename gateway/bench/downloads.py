"""Pages and files of the console as a browser gets them, and what they cost the server."""

import http.client
import tempfile
import time
from contextlib import closing

from sqlalchemy import func, select

from gateway.bench.history import LONG
from gateway.bench.process import free_port, memory, ponte, served
from gateway.identity import AGENT_COOKIE
from gateway.work import Work
from helpdesk.models import Message

#: addresses of lists as agents open them
PAGES = (
    "/central", "/central?prazo=expirado", "/central?situacao=todos&ordem=titulo",
    "/central?situacao=encerrados&ordem=abertura&sentido=desc", "/central?responsavel=eu",
    "/central?situacao=todos&classificacao=GLO&ordem=cliente", "/central?situacao=todos&canal=mail",
    "/central?situacao=todos&setor=CTM&ordem=operador", "/central?situacao=todos&status=EPR",
    "/central?situacao=todos&prestador=B00000&ordem=abertura&sentido=desc",
)  # fmt: skip
AGAIN = 3
#: a statement is planned anew the first ten times a connection sees it
OFTEN = 40
PIECE = 64 * 1024


def measure(url: str, token: str) -> dict[str, float]:
    """Figures of a server of its own over the database, `token` being an agent's session."""
    work = Work(url)
    long = work.read_now(
        lambda s: s.scalar(
            select(Message.number).group_by(Message.number).having(func.count() >= LONG)
            .where(Message.number > (s.scalar(select(func.max(Message.number))) or 0) - LONG)
        )
    )  # fmt: skip
    work.close()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="ponte-bench-") as folder:
        environ = {
            "PONTE_DATABASE__URL": url,
            "PONTE_BLOBS__URL": f"file:{folder}",
            "PONTE_SECRET_KEY": "bench" * 8,
            "PONTE_WEB__PORT": str(port),
            "PONTE_INSURER__NAME": "Bench",
            "PONTE_INSURER__ANS_REGISTRATION": "999997",
        }
        with (
            served(ponte("serve"), environ, port) as process,
            closing(_Browser(port, token)) as browser,
        ):
            taken = [browser.page(path)[0] for path in PAGES for _ in range(AGAIN)]
            ticket = [browser.page(f"/central/{long}") for _ in range(OFTEN)]
            figures = {
                "list page, p50": sorted(taken)[len(taken) // 2],
                "list page, p95": sorted(taken)[int(len(taken) * 0.95)],
                "ticket of 200 messages, p50": sorted(ms for ms, _ in ticket)[OFTEN // 2],
                "ticket of 200 messages, KB": ticket[0][1] / 1000,
            }
            for ending in ("csv", "xlsx"):
                figures |= browser.file(ending, process.pid)
            return figures


class _Browser:
    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._headers = {"Cookie": f"{AGENT_COOKIE}={token}"}

    def close(self) -> None:
        self._connection.close()

    def page(self, path: str) -> tuple[float, int]:
        """Milliseconds and bytes."""
        started = time.perf_counter()
        answer = self._get(path)
        size = len(answer.read())
        return (time.perf_counter() - started) * 1e3, size

    def file(self, ending: str, pid: int) -> dict[str, float]:
        idle = memory(pid)
        started = time.perf_counter()
        answer = self._get(f"/central/exportar.{ending}?situacao=todos&ordem=chamado")
        answer.read(1)
        first = time.perf_counter() - started
        peak, lines = idle, 0
        while piece := answer.read(PIECE):
            peak = max(peak, memory(pid))
            lines += piece.count(b"\n")
        seconds = time.perf_counter() - started
        figures = {
            f"{ending} first byte, s": first,
            f"{ending} MiB above idle": peak - idle,
            f"{ending} whole, s": seconds,
        }
        return figures | ({"csv rows/s": lines / seconds} if ending == "csv" else {})

    def _get(self, path: str) -> http.client.HTTPResponse:
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        if answer.status != http.client.OK:
            msg = f"{path}: {answer.status}"
            raise RuntimeError(msg)
        return answer
