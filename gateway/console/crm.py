"""What the console refuses while the operadora answers in another system (*Utiliza o módulo CRM*).

Only the console: the API is how that system reads and writes, and what providers send is received.
"""

import re
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from gateway.console.keeping import Guard
from gateway.console.shell import Console
from helpdesk import parameters
from helpdesk.errors import Conflict

#: forms that change a ticket or make one; drafts and presence change nothing anybody is told of
WRITES = re.compile(
    r"/central/(?:novo|proximo|lote/.+|quarentena/[^/]+/(?:anexar|abrir|tentar)|quarentena/tentar"
    r"|[0-9]+/(?!rascunho$|presenca$|renovar$).+)"
)


def guard(console: Console) -> Guard:
    """Raises `Conflict` (`crm`)."""

    async def refuse_writes(
        connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
    ) -> None:
        if connection.scope["type"] != "http" or connection.scope["method"] != "POST":
            return
        if not WRITES.fullmatch(connection.url.path.rstrip("/")):
            return
        if (await console.kit.work.read(parameters.load)).use_crm:
            code = "crm"
            raise Conflict(code)

    return refuse_writes
