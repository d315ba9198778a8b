"""The answers that are not what was asked for, as the OpenAPI document lists them."""

from dataclasses import dataclass

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Operation, RequestBody

from gateway.api.shapes import Problem
from gateway.errors import TITLES

#: any call may get these
ALWAYS = (400, 401, 403, 429, 500, 503)
#: any call on one thing,
ONE = (*ALWAYS, 404)
#: any that changes something by a body,
SENT = (*ALWAYS, 409, 413, 415, 422)
#: and any that changes one ticket
CHANGE = (*ONE, 409, 412, 413, 415, 422)


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=TITLES[status],
            media_type="application/problem+json",
        )
        for status in sorted(statuses)
    }


@dataclass
class BodyMayBeLeftOut(Operation):
    """A call whose body says nothing: `{}`, or none at all."""

    def __post_init__(self) -> None:
        if isinstance(self.request_body, RequestBody):
            self.request_body.required = False
