"""The log-in page in its three steps: ask for a code, type the code, or a password."""

from dataclasses import dataclass
from typing import Literal

from litestar import Response

from channels import Kit
from channels.web.visitors import HOME, PortalRequest

Step = Literal["ask", "code", "password"]


@dataclass(frozen=True, slots=True)
class Door:
    """`kept` is a form that waits for the log-in (signed); `saved` says that a draft does.

    `error`: required, invalid (the address), wrong (password), code, code_dead, throttled.
    """

    back: str = HOME
    step: Step = "ask"
    email: str = ""
    kept: str = ""
    saved: bool = False
    #: names of files that have to be chosen again
    attach_again: tuple[str, ...] = ()
    error: str = ""
    tries: int = 0
    minutes: int = 0


def show(request: PortalRequest, kit: Kit, door: Door, *, status: int = 200) -> Response[str]:
    return kit.page(request, "web/door.html", {"door": door}, status)
