"""From what the engine says to words: templates of `bot/`, the same for every transport."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from channels.bot.events import Button, Say

Render = Callable[[str, dict[str, object]], str]


@dataclass(frozen=True, slots=True)
class Key:
    """A button as people see it."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A say in words."""

    text: str
    keys: tuple[Key, ...] = ()


def spoken(render: Render, say: Say) -> Spoken:
    return Spoken(words(render, say.template, say.data), keys(render, say.buttons))


def words(render: Render, template: str, data: Mapping[str, object]) -> str:
    """`data` is plain JSON; instants in it (`at`, `…_at`) reach the template as datetimes."""
    return render(f"bot/{template}.txt", _instants(data)).strip()


def keys(render: Render, buttons: tuple[Button, ...]) -> tuple[Key, ...]:
    return tuple(
        Key(" ".join(render("bot/button.txt", {"key": b.label, "args": b.args}).split()), b.data)
        for b in buttons
    )


def _instants(data: Mapping[str, object]) -> dict[str, object]:
    return {key: _instant(key, value) for key, value in data.items()}


def _instant(key: str, value: object) -> object:
    if isinstance(value, str):
        at = value and (key == "at" or key.endswith("_at"))
        return datetime.fromisoformat(value) if at else value
    if isinstance(value, list):
        return [_instant(key, item) for item in cast("list[object]", value)]
    return _instants(cast("dict[str, object]", value)) if isinstance(value, dict) else value
