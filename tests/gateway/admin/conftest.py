from tests.gateway.console.conftest import agentry as agentry  # noqa: PLC0414 - likewise
from tests.gateway.console.conftest import door as door  # noqa: PLC0414 - likewise
from tests.gateway.console.conftest import guarded as guarded  # noqa: PLC0414 - likewise
from tests.gateway.console.conftest import instance as instance  # noqa: PLC0414 - pytest finds it
