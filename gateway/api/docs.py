"""The description of the API: an OpenAPI document, and a page that lists what it says."""

from importlib.metadata import version
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from channels.kit import Kit

DOCUMENT = "/api/openapi.json"
METHODS = ("get", "post", "put", "delete")


def openapi() -> OpenAPIConfig:
    bearer = SecurityScheme(
        type="http", scheme="bearer", description="`ponte token add NAME --agent LOGIN`"
    )
    return OpenAPIConfig(
        title="Ponte",
        version=version("ponte"),
        description=(
            "Errors are RFC 9457 documents. `Idempotency-Key` on a POST: the same key with the "
            "same body gives the first answer again for 24 h, with `Idempotency-Replayed: true`. "
            "`If-Match` takes the `ETag` of a ticket."
        ),
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
        path=DOCUMENT,
        render_plugins=[JsonRenderPlugin(path="/", media_type=MediaType.JSON)],
    )


@get("/docs", include_in_schema=False, media_type=MediaType.HTML)
async def docs_show(request: Request[Any, Any, Any], kit: NamedDependency[Kit]) -> Response[str]:
    """List every call, from the document itself: nothing is loaded from elsewhere."""
    document = request.app.openapi_schema.to_schema()
    calls = [
        {"method": method.upper(), "path": path, **operations[method]}
        for path, operations in sorted(document["paths"].items())
        for method in METHODS
        if method in operations
    ]
    context: dict[str, object] = {
        "calls": calls,
        "schemas": document["components"]["schemas"],
        "document": DOCUMENT,
        "version": document["info"]["version"],
        "theme": "",
    }
    return Response(kit.render("api/docs.html", context), media_type=MediaType.HTML)
