"""The console's site map: every address, and the one function that answers it."""

from litestar import Router
from litestar.di import Provide

from gateway.console import grid, login
from gateway.console.presence import Presence
from gateway.console.shell import Console, require_agent
from gateway.runtime import Runtime


def router(runtime: Runtime) -> list[Router]:
    console = Console(runtime.kit, runtime.work.pulse, Presence())
    dependencies = {"console": Provide(lambda: console, sync_to_thread=False)}
    return [
        Router(
            "/",
            dependencies=dependencies,
            include_in_schema=False,
            route_handlers=[login.login_form, login.login_enter, login.login_leave],
        ),
        Router(
            "/central",
            dependencies=dependencies,
            guards=[require_agent],
            include_in_schema=False,
            route_handlers=[grid.grid_show, grid.grid_row, grid.grid_find],
        ),
    ]
