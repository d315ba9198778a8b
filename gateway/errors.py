"""Every error to an answer: a page in Portuguese for people, an RFC 9457 document for the API."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect
from sqlalchemy.exc import OperationalError

from gateway import logs, requests
from gateway.identity import AGENT_PATHS, API
from gateway.pages import Pages
from helpdesk import errors
from helpdesk.border import ActorKind

log = logging.getLogger("ponte.errors")

#: each error of the core to its status; a test shows that none is missing
STATUS: dict[type[errors.HelpdeskError], int] = {
    errors.Invalid: 422,
    errors.NotVisible: 404,
    errors.Forbidden: 403,
    errors.Claimed: 409,
    errors.Stale: 412,
    errors.NotDeletable: 409,
    errors.Conflict: 409,
    errors.Throttled: 429,
    errors.Undeliverable: 502,
    errors.Deferred: 503,
    errors.HelpdeskError: 500,
}
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
#: statuses with a page of their own; any other shows the nearest of its kind
PAGES = frozenset({400, 403, 404, 409, 413, 429, 500, 503})
#: the framework's word for a body that ended too early
GONE = "client disconnected prematurely"
NEAREST = {405: 404, 412: 409, 415: 400, 422: 400, 502: 503}


@dataclass(frozen=True, slots=True)
class NotLoggedIn(Exception):
    """`back` is where to return to after the log-in."""

    back: str = ""


@dataclass(frozen=True, slots=True)
class BadQuery(Exception):
    """A parameter of the address is wrong: 400, where a wrong field of a body is 422."""

    error: errors.Invalid


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    detail: str
    headers: dict[str, str] = field(default_factory=dict[str, str])
    extra: dict[str, Any] = field(default_factory=dict[str, Any])


def problem_of(error: Exception) -> Problem:
    for kind in type(error).__mro__:
        if kind in PROBLEMS:
            return PROBLEMS[kind](error)
    return Problem(status_of(error), "Something went wrong on our side.")


def _listed(error: errors.Invalid) -> dict[str, Any]:
    return {
        "errors": [{"field": e.field, "code": e.code, "message": message(e)} for e in error.errors]
    }


def _of_parameters(error: ValidationException) -> Problem:
    """What the framework found in an address: a part of the path that cannot be is not found."""
    found: list[dict[str, str]] = error.extra if isinstance(error.extra, list) else []
    if any(each.get("source") == "path" for each in found):
        return Problem(404, "Not Found")
    listed = [
        {"field": each.get("key", ""), "code": "invalid", "message": each["message"]}
        for each in found
    ]
    if not listed:
        return Problem(400, error.detail)
    return Problem(400, "Some parameters are not valid.", extra={"errors": listed})


def _of_http(error: HTTPException) -> Problem:
    """A page that is left while it still sends is no fault of ours: nobody reads the answer."""
    if error.detail == GONE:
        return Problem(400, "The request was cut off.")
    return Problem(error.status_code, error.detail, dict(error.headers or {}))


def _of_conflict(error: errors.Conflict) -> Problem:
    plain = {k: v for k, v in error.data.items() if isinstance(v, str | int)}
    detail = f"Not allowed now: {error.code.replace('_', ' ')}."
    return Problem(409, detail, extra={"code": error.code} | plain)


#: what each error says; the nearest class counts
PROBLEMS: dict[type[Any], Callable[[Any], Problem]] = {
    errors.Invalid: lambda e: Problem(422, "Some fields are not valid.", extra=_listed(e)),
    BadQuery: lambda e: Problem(400, "Some parameters are not valid.", extra=_listed(e.error)),
    errors.Throttled: lambda e: Problem(
        429, f"Try again in {e.seconds} s.", {"Retry-After": str(e.seconds)}
    ),
    errors.Forbidden: lambda e: Problem(403, f"The permission {e.permission} is needed."),
    errors.NotVisible: lambda e: Problem(404, f"No such {e.what}."),
    errors.Stale: lambda e: Problem(
        412,
        f"The ticket changed since: it is at version {e.version}.",
        extra={"version": e.version},
    ),
    errors.Claimed: lambda e: Problem(
        409, f"{e.holder} is working on it.", extra={"code": e.code, "holder": e.holder}
    ),
    errors.Conflict: _of_conflict,
    NotLoggedIn: lambda _: Problem(401, "A valid token is needed.", {"WWW-Authenticate": "Bearer"}),
    OperationalError: lambda _: Problem(
        503, "The database is not available.", {"Retry-After": "5"}
    ),
    ValidationException: _of_parameters,
    HTTPException: _of_http,
}


def status_of(error: Exception) -> int:
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return 500


#: one English sentence a code; the pages have their own in Portuguese
MESSAGES = {
    "required": "must be given",
    "too_long": "is too long (at most {limit})",
    "too_short": "is too short (at least {limit})",
    "invalid": "is not valid",
    "unknown": "is not known",
    "too_many": "are too many (at most {limit})",
    "too_big": "is too big (at most {limit} octets)",
    "type": "is of a type that is not accepted",
    "generic": "says nothing conclusive",
    "taken": "is in use already",
    "shared": "is used by many, not by one provider",
    "ours": "is one of the insurer's own",
    "elsewhere": "does not lie at the domain",
    "range": "is not within its limits",
    "too_few": "are too few",
    "repeated": "holds one of them twice",
    "unasked": "are not asked for by this kind",
    "number": "is no number",
    "date": "is no date",
    "different": "is another one",
    "infected": "holds malware",
    "twice": "is there twice",
    "same": "is this very ticket",
    "deleted": "was deleted",
    "merged": "was merged into another",
    "other_provider": "is of another provider",
    "https": "must begin with https://",
    "userinfo": "holds a user name or password",
    "unresolved": "names no host that can be found",
    "inside": "leads to an address that is not on the public internet",
    "other_secrecy": "is not kept for the same group",
}


def message(error: errors.FieldError) -> str:
    data = dict(error.data)
    text = MESSAGES.get(error.code, error.code)
    return text.format(limit=data.get("limit", "?"))


def handler(pages: Pages) -> Any:
    """The one exception handler of the app."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        problem = problem_of(error)
        reference = ""
        if problem.status >= 500:  # noqa: PLR2004 - ours, not theirs
            reference = logs.request_id() or secrets.token_hex(4)
            where = requests.route_of(request.scope)
            log.error("%s %s [%s]", request.method, where, reference, exc_info=error)
        path = request.url.path
        if path.startswith(API):
            return problem_response(problem, reference)
        if isinstance(error, NotLoggedIn):
            door = "/entrar" if path.startswith(AGENT_PATHS) else "/"
            back = error.back or (path if request.method == "GET" else "")
            return Redirect(
                f"{door}?voltar={quote(back, safe='/')}" if back else door, status_code=303
            )
        shown = problem.status if problem.status in PAGES else NEAREST.get(problem.status, 500)
        context: dict[str, object] = {"home": _home(request)}
        if reference:
            context["reference"] = reference
        if isinstance(error, errors.Conflict):
            context["code"] = error.code
        if isinstance(error, errors.NotVisible):
            context["missing"] = error.what
        page = pages.page(request, f"errors/{shown}.html", context, problem.status)
        page.headers.update(problem.headers)
        return page

    return answer


def problem_response(problem: Problem, reference: str = "") -> Response[dict[str, Any]]:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "detail": problem.detail,
        **problem.extra,
    }
    if reference:
        body["reference"] = reference
    return Response(
        body,
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers,
    )


def _home(request: Request[Any, Any, Any]) -> str:
    if request.url.path.startswith(AGENT_PATHS):
        return "/central"
    user = request.scope.get("user")  # pyright: ignore[reportUnknownMemberType]
    return "/fale-conosco" if getattr(user, "kind", None) is ActorKind.PERSON else "/"
