"""The log-in page in its steps: ask for a code, type the code, or a password; a second factor."""

from dataclasses import dataclass
from typing import Literal

from litestar import Response

from channels import Kit
from channels.web.visitors import HOME, PortalRequest

Step = Literal["ask", "code", "password", "second"]


@dataclass(frozen=True, slots=True)
class Door:
    """`kept` is a form that waits for the log-in (signed); `saved` says that a draft does.

    `error`: required, invalid (the address), wrong (password), code, code_dead,
    second (its code), expired, throttled.
    """

    back: str = HOME
    step: Step = "ask"
    email: str = ""
    kept: str = ""
    saved: bool = False
    #: names of files that have to be chosen again
    attach_again: tuple[str, ...] = ()
    error: str = ""
    #: proves that the first factor was right (step second)
    passed: str = ""
    #: somebody who is in proves it again, to change a lock of the account
    confirms: bool = False
    tries: int = 0
    minutes: int = 0


def show(request: PortalRequest, kit: Kit, door: Door, *, status: int = 200) -> Response[str]:
    return kit.page(request, "web/door.html", {"door": door}, status)
