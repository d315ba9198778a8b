"""`bench`: figures of this machine."""

import json
import sys
from pathlib import Path

from gateway import bench
from gateway.bench import console, mail
from gateway.commands.instance import fail


def run(
    name: str | None,
    *,
    as_json: bool,
    sizes: tuple[int, ...],
    urls: tuple[str, ...],
    corpora: Path | None,
    replies: Path | None,
) -> None:
    if name is not None and name not in bench.BENCHES:
        fail(f"There is no benchmark {name}: {', '.join(bench.BENCHES)}.")
    if sizes and name != "console":
        fail("How many tickets is for `bench console`.")
    if urls and name != "console":
        fail("Filled databases are measured by `bench console`.")
    if name == "console":
        figures = console.measure(sizes or console.SIZES, urls)
        sys.stdout.write(bench.shown("console", console.TITLE, figures, as_json=as_json))
    elif name == "mail":
        _mail(corpora, replies, as_json=as_json)
    elif corpora or replies:
        fail("Folders of messages are measured by `bench mail`.")
    else:
        try:
            bench.run(name, as_json=as_json)
        except bench.Skipped as why:
            fail(str(why))


def _mail(corpora: Path | None, replies: Path | None, *, as_json: bool) -> None:
    """The table; over a folder of messages a figure below its bar is a failure."""
    results = mail.judge(corpora, replies)
    if as_json:
        sys.stdout.write(json.dumps({"mail": mail.figures(results)}, indent=1) + "\n")
    else:
        sys.stdout.write(f"{mail.TITLE}\n\n{mail.table(results)}")
    if corpora is not None and results.below:
        fail(f"Below the bar: {'; '.join(results.below)}.")
