"""The one Jinja environment: pages, mails and bot texts all come from it."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from gateway import formats
from gateway.browsers import browser_name
from gateway.labels import label, why_undelivered

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
STATIC_URL = "/static/"


class NotBuilt(Exception):
    """gateway/static has no manifest: `python gateway/frontend/hatch_build.py` makes it."""


def manifest(folder: Path = STATIC) -> dict[str, str]:
    """Plain name → name with its hash, as the build wrote it. Raises `NotBuilt`."""
    try:
        written: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    except FileNotFoundError as error:
        raise NotBuilt from error
    return written["files"]


def environment(
    files: Mapping[str, str], zone: ZoneInfo, *, insurer: str = "", registration: str = ""
) -> Environment:
    """Templates see `insurer`, `registration` (ANS), `static(name)` and the filters of `formats`.

    A name the caller forgot raises `UndefinedError`, never an empty page. Only `.html` and `.svg`
    escape; `.txt` is mail and bot text.
    """
    env = Environment(
        loader=FileSystemLoader(_folder()),
        autoescape=select_autoescape(["html", "svg"], default_for_string=True, default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
    )
    env.filters.update(formats.filters(zone) | {"browser_name": browser_name})
    env.filters["label"] = label
    env.filters["undelivered"] = why_undelivered
    env.filters["protocol"] = partial(formats.protocol, registration=registration)
    ours: dict[str, Any] = {
        "insurer": insurer,
        "registration": registration,
        "static": _static(files),
    }
    env.globals.update(ours)
    env.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
    return env


def render(env: Environment, name: str, context: Mapping[str, object]) -> str:
    """Raises `TemplateNotFound` and `UndefinedError`."""
    return env.get_template(name).render(context)


def _folder() -> Path:
    """In a wheel the templates lie inside the package, in the source tree beside it."""
    installed = HERE / "templates"
    return installed if installed.is_dir() else HERE.parent / "templates"


def _static(files: Mapping[str, str]) -> Callable[[str], str]:
    def static(name: str) -> str:
        return STATIC_URL + files[name]

    return static
