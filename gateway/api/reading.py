"""A request before its handler: who sends it, how often, and whether its body is what it says.

Litestar reads bodies leniently ("5" passes for 5) and stops at the first fault; here a body is
strict and every fault is named at once.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast, get_args, get_origin

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from helpdesk.errors import FieldError, Invalid

JSON = "application/json"
BODIES = frozenset({"POST", "PUT"})
UNSUPPORTED = 415
BAD = 400


async def check_body(request: Request[Any, Any, Any]) -> None:
    """Raises 400 for what is not JSON, 415 for another type of content, `Invalid` for fields.

    No text may hold a NUL: PostgreSQL cannot store one, and nobody means it.
    """
    _check_query(request)
    if request.method not in BODIES:
        return
    raw = await request.body()
    field = request.route_handler.parsed_fn_signature.parameters.get("data")
    if field is None or (not raw and field.has_default):
        return
    if request.content_type[0] != JSON:
        raise HTTPException(detail=f"The body should be {JSON}.", status_code=UNSUPPORTED)
    try:
        sent = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(detail=f"Malformed body: {error}", status_code=BAD) from error
    faults = list(_faults(sent, field.annotation, ""))
    if faults:
        raise Invalid(*faults)


def _check_query(request: Request[Any, Any, Any]) -> None:
    """A filter that is misspelt would show everything, and of two dates one would count: better to
    say so."""
    given = list(request.query_params.multi_items())
    values = [value for _, value in given]
    if any("\0" in text for text in (request.scope["path"], *values)):
        raise HTTPException(detail="The address holds a NUL.", status_code=BAD)
    known = dict(_queries(request.route_handler))
    times = Counter(name for name, _ in given)
    for fault, names in (
        ("Unknown parameters", times.keys() - known.keys()),
        ("Given more than once", {n for n in known if times[n] > 1 and not known[n]}),
    ):
        if names:
            detail = f"{fault}: {', '.join(sorted(names))}."
            raise HTTPException(detail=detail, status_code=BAD)


def _queries(handler: HTTPRouteHandler) -> Iterator[tuple[str, bool]]:
    """The query parameters of a handler, its dependencies' among them, and whether each is a
    list."""
    dependencies = handler.resolve_dependencies()
    for name, field in handler.parsed_fn_signature.parameters.items():
        if isinstance(field.kwarg_definition, QueryParameter):
            yield field.kwarg_definition.name or name, field.is_non_string_collection
        elif name in dependencies:
            for inner, its in dependencies[name].parsed_fn_signature.parameters.items():
                if isinstance(its.kwarg_definition, QueryParameter):
                    yield its.kwarg_definition.name or inner, its.is_non_string_collection


def _faults(sent: object, wanted: Any, path: str) -> Iterator[FieldError]:
    kind, is_list = _struct(wanted)
    if kind is None or sent is None:
        yield from _fault(sent, wanted, path)
    elif is_list:
        if not isinstance(sent, list):
            yield FieldError(path, "invalid")
            return
        for n, item in enumerate(cast("list[object]", sent)):
            yield from _faults(item, kind, f"{path}[{n}]")
    elif isinstance(sent, dict):
        yield from _members(cast("dict[str, object]", sent), kind, path)
    else:
        yield FieldError(path or "body", "invalid")


def _members(
    sent: dict[str, object], kind: type[msgspec.Struct], path: str
) -> Iterator[FieldError]:
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name, field in known.items():
        place = f"{path}.{name}" if path else name
        if name in sent:
            yield from _faults(sent[name], field.type, place)
        elif field.required:
            yield FieldError(place, "required")
    for name in sent.keys() - known.keys():
        yield FieldError(f"{path}.{name}" if path else name, "unknown")


def _fault(sent: object, wanted: Any, path: str) -> Iterator[FieldError]:
    try:
        msgspec.convert(sent, wanted)
    except msgspec.ValidationError:
        yield FieldError(path or "body", "invalid")
        return
    if "\\u0000" in json.dumps(sent):
        yield FieldError(path, "invalid")


def _struct(wanted: Any) -> tuple[type[msgspec.Struct] | None, bool]:
    """The struct in `X`, `X | None` or `list[X]`, and whether it is a list of them."""
    for part in (wanted, *get_args(wanted)):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return part, get_origin(wanted) is list
    return None, False
