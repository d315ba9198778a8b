"""Errors are classes with data; each adapter turns every class into its own words.

HelpdeskError
├── Invalid            a field is missing, too long or of the wrong kind (422)
├── NotVisible         unknown, or not yours: the two look the same from outside (404)
├── Forbidden          the actor lacks a permission (403)
├── Conflict           not allowed in this state (409)
│   ├── Claimed        somebody else holds the ticket
│   ├── Stale          the ticket changed since the actor read it (412)
│   └── NotDeletable   the ticket was already started
├── Throttled          too many tries (429)
├── Undeliverable      a retry is useless (channels raise it)
└── Deferred           try again later, not before `seconds` (channels raise it)
"""

from dataclasses import dataclass


class HelpdeskError(Exception):
    """Root of everything the core or a channel refuses."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """`code`: a word that each adapter has a sentence for (`gateway.errors.MESSAGES`)."""

    field: str
    code: str
    #: limits or the offending value, for the adapter's sentence
    data: tuple[tuple[str, object], ...] = ()


class Invalid(HelpdeskError):
    def __init__(self, *errors: FieldError) -> None:
        super().__init__(", ".join(f"{e.field}: {e.code}" for e in errors))
        self.errors = errors


class NotVisible(HelpdeskError):
    def __init__(self, what: str = "ticket", key: object = None) -> None:
        super().__init__(f"{what} {key} not visible")
        self.what, self.key = what, key


class Forbidden(HelpdeskError):
    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class Conflict(HelpdeskError):
    """`code` says which rule of the workflow stands against it."""

    def __init__(self, code: str, **data: object) -> None:
        super().__init__(code)
        self.code, self.data = code, data


class Claimed(Conflict):
    def __init__(self, holder: str, holder_id: int | None = None) -> None:
        super().__init__("claimed", holder=holder, holder_id=holder_id)
        self.holder = holder


class Stale(Conflict):
    def __init__(self, version: int) -> None:
        super().__init__("stale", version=version)
        self.version = version


class NotDeletable(Conflict):
    def __init__(self) -> None:
        super().__init__("started")


class Throttled(HelpdeskError):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Undeliverable(HelpdeskError):
    """The other side said no for good; `detail` is its answer, `status` what that means (RFC 3463)
    where the channel knows."""

    def __init__(self, detail: str, status: str = "") -> None:
        super().__init__(detail)
        self.detail, self.status = detail, status


class Deferred(HelpdeskError):
    """The other side said not now. `whole_domain`: to anybody there, not only to this one. `cause`:
    what of our own way out stands against it (`helpdesk.waiting`), "" when it is none of that."""

    def __init__(
        self,
        detail: str,
        seconds: int | None = None,
        *,
        status: str = "",
        whole_domain: bool = False,
        cause: str = "",
    ) -> None:
        super().__init__(detail)
        self.detail, self.seconds, self.cause = detail, seconds, cause
        self.status, self.whole_domain = status, whole_domain
