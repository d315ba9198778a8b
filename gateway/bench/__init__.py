"""`ponte bench`: each figure beside its physical limit, measured in the same run.

A figure alone says nothing on another machine; the ratio to the bare disk, the bare server or the
bare database does.
"""

import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module

#: name to module with `measure() -> Mapping[str, float]` and `TITLE`
BENCHES = {
    "console": "gateway.bench.console",
    "intake": "gateway.bench.intake",
    "mail": "gateway.bench.mail",
    "page": "gateway.bench.page",
}


class Skipped(RuntimeError):
    """This machine lacks what the bench measures in."""


def run(name: str | None = None, *, as_json: bool = False) -> None:
    """Run one bench, or all that can run. Raises `KeyError` for an unknown name, `Skipped`."""
    chosen = [name] if name else list(BENCHES)
    results: dict[str, Mapping[str, float]] = {}
    for each in chosen:
        module = import_module(BENCHES[each])
        measure: Callable[[], Mapping[str, float]] = module.measure
        try:
            results[each] = measure()
        except Skipped as why:
            if name:
                raise
            sys.stderr.write(f"{why}\n")
            continue
        if not as_json:
            sys.stdout.write(_table(module.TITLE, results[each]))
    if as_json:
        sys.stdout.write(json.dumps(results, indent=1) + "\n")


def shown(name: str, title: str, figures: Mapping[str, float], *, as_json: bool) -> str:
    """One bench's figures as it is run alone."""
    return json.dumps({name: figures}, indent=1) + "\n" if as_json else _table(title, figures)


def _table(title: str, figures: Mapping[str, float]) -> str:
    width = max(len(name) for name in figures)
    lines = [f"  {name:<{width}}  {value:>10,.2f}" for name, value in figures.items()]
    return "\n".join([title, *lines, ""])
