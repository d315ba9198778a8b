"""`bench`: figures of this machine."""

from gateway import bench
from gateway.commands.instance import fail


def run(name: str | None, *, as_json: bool) -> None:
    if name is not None and name not in bench.BENCHES:
        fail(f"There is no benchmark {name}: {', '.join(bench.BENCHES)}.")
    bench.run(name, as_json=as_json)
