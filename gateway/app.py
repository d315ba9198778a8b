"""The web application: routes of every surface, who asks, what protects them."""

from collections.abc import Sequence
from typing import Any

from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.openapi.config import OpenAPIConfig
from litestar.static_files import (
    create_static_files_router,  # pyright: ignore[reportUnknownVariableType] - PathLike
)
from litestar.types import Message, Scope
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway import errors, templating
from gateway.cookies import HostOnly
from gateway.identity import API, Identify
from gateway.pages import headers
from gateway.runtime import Runtime

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
#: room for the fields beside the attachments of one form
FORM_SLACK = 1024 * 1024


def create_app(
    runtime: Runtime, surfaces: Sequence[Router] = (), *, openapi: OpenAPIConfig | None = None
) -> Litestar:
    """`surfaces` are the console, the registers, the API and, in the demo, its mailbox; channels
    bring their own routes."""
    limits = runtime.kit.limits
    secure = runtime.policy.public_url.startswith("https:")
    routes: list[Any] = [
        create_static_files_router(
            path=templating.STATIC_URL.rstrip("/"),
            directories=[templating.STATIC],
            cache_control=None,
            include_in_schema=False,
        ),
        live,
        ready(runtime),
        *(route for channel in runtime.channels.values() for route in channel.routes),
        *surfaces,
    ]
    return Litestar(
        route_handlers=routes,
        middleware=[
            *([HostOnly()] if secure else []),
            Identify(runtime.work, runtime.kit.clock, secure=secure),
        ],
        before_request=_check_csrf(runtime),
        exception_handlers={Exception: errors.handler(runtime.pages)},
        before_send=[_protect(headers(secure=secure))],
        compression_config=CompressionConfig(
            backend="gzip",
            gzip_compress_level=5,
            minimum_size=1024,
            exclude_opt_key="no_compression",  # an event stream must not wait in a buffer
        ),
        request_max_body_size=limits.total + FORM_SLACK,
        openapi_config=openapi,
        # the document is of the API, whose router says so of itself
        include_in_schema=False,
        logging_config=None,
        debug=False,
    )


def _protect(given: dict[str, str]) -> Any:
    """Every answer has these headers, errors and files too, unless it says otherwise itself."""

    async def protect(message: Message, _: Scope) -> None:
        if message["type"] == "http.response.start":
            sent = MutableScopeHeaders.from_message(message)
            for name, value in given.items():
                if name not in sent:
                    sent[name] = value

    return protect


def _check_csrf(runtime: Runtime) -> Any:
    """A form must come from a page of ours: its token is bound to the browser's cookie. An API
    call carries a token of its own kind and no cookie counts there."""

    async def check(request: Request[Any, Any, Any]) -> Response[str] | None:
        if request.method in SAFE_METHODS or request.url.path.startswith(API):
            return None
        if request.url.path.startswith("/telegram/"):
            return None
        given = request.headers.get("x-csrf-token", "")
        if not given and request.content_type[0] in FORMS:
            given = str((await request.form()).get("csrf", ""))
        if runtime.policy.keyring.check_csrf(str(request.state.browser), given):
            return None
        return runtime.pages.page(request, "errors/expired.html", {"home": "/"}, 403)

    return check


@get("/health/live", media_type=MediaType.TEXT, include_in_schema=False, sync_to_thread=False)
def live() -> str:
    """Say that the process answers."""
    return "ok"


def ready(runtime: Runtime) -> Any:
    @get("/health/ready", media_type=MediaType.TEXT, include_in_schema=False)
    async def health_ready() -> Response[str]:
        """Say what is not ready, with 503."""
        try:
            await runtime.work.read(_ping)
        except Exception:  # noqa: BLE001 - whatever it is, we are not ready
            return Response("database", status_code=503, media_type=MediaType.TEXT)
        return Response("ok", media_type=MediaType.TEXT)

    return health_ready


def _ping(session: Session) -> None:
    session.execute(text("SELECT 1"))
