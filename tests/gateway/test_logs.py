"""A line of the log: what it has, and that an exception says nothing of what it met."""

import json
import logging

import pytest

from gateway import logs

TYPED, ADDRESS = "senha de alguém", "lu@clinica.example"


@pytest.mark.parametrize("form", [logs.Plain(), logs.Document()], ids=["plain", "document"])
def test_an_exception_tells_where_it_came_from_and_no_value(form: logging.Formatter):
    try:
        try:
            int(TYPED)
        except ValueError as error:
            raise RuntimeError(ADDRESS) from error
    except RuntimeError as error:
        trace = (type(error), error, error.__traceback__)
    record = logging.LogRecord("ponte.x", logging.ERROR, __file__, 1, "failed", (), trace)
    with logs.of_request():
        line = form.format(record)
    for told in ("builtins.RuntimeError", "builtins.ValueError", "test_logs.py", "Traceback"):
        assert told in line
    for kept in (TYPED, ADDRESS):
        assert kept not in line


def test_lines_of_one_request_are_known_by_its_name():
    record = logging.LogRecord("ponte.x", logging.INFO, __file__, 1, "%s done", ("a\nb",), None)
    with logs.of_request():
        first, second = (json.loads(logs.Document().format(record)) for _ in range(2))
    assert first == second
    assert first["message"] == "a\nb done"
    assert len(first["request"]) == 8
    assert "request" not in json.loads(logs.Document().format(record))
