from tests.gateway.console.conftest import instance as instance  # noqa: PLC0414 - pytest finds it
