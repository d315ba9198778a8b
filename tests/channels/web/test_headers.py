"""What every answer says to the browser, errors and files too."""

import pytest

from gateway import templating
from gateway.pages import headers
from tests.channels.web.conftest import Portal, Visit

A_FILE = "/static/"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fale-conosco", 200),
        ("/nada/disso", 404),
        ("/fale-conosco/anexos/nenhum", 404),
        ("/api/v1/nada", 404),
        ("/health/live", 200),
        ("/static/nada.js", 404),
        (A_FILE, 200),
    ],
)
def test_it_has_the_headers_that_protect(portal: Portal, visit: Visit, path: str, status: int):
    visit.enter()
    if path == A_FILE:
        path += next(iter(templating.manifest().values()))
    answer = visit.client.get(path)
    assert answer.status_code == status
    given = headers(secure=portal.runtime.policy.public_url.startswith("https:"))
    assert {name: answer.headers.get(name) for name in given} == given


def test_a_form_of_nobody_is_refused_with_them(portal: Portal, visit: Visit):
    answer = visit.client.post("/fale-conosco/novo", data={"title": "x"})
    assert answer.status_code == 403
    secure = portal.runtime.policy.public_url.startswith("https:")
    for name, value in headers(secure=secure).items():
        assert answer.headers[name] == value
