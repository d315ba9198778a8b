"""The gateway's own surfaces, in one place: console, registers, API."""

from litestar import Router
from litestar.openapi.config import OpenAPIConfig

from gateway.api import routes as api
from gateway.console import routes as console
from gateway.runtime import Runtime


def routers(runtime: Runtime) -> list[Router]:
    return [*console.router(runtime), api.router(runtime)]


def openapi() -> OpenAPIConfig:
    return api.openapi()
