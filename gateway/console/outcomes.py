"""What was done, said once on the next page, with the way to undo it."""

from dataclasses import dataclass, field
from typing import Any

from litestar import Request

from gateway.labels import label

SAID_COOKIE = "ponte_said"
#: code, ticket, message, how many were left alone: `replied.1014.77.`, `forwarded...2`
SAID_PARTS = 4
#: what can be undone by the id of what it was done to
UNDONE = {
    "held-spam": "/central/quarentena/desfazer/{}",
    "view-removed": "/central/visoes/{}/restaurar",
    "bulk-forward": "/central/lote/{}/desfazer",
    "bulk-classify": "/central/lote/{}/desfazer",
}
#: how the ones that stayed as they were are called, where they are no tickets
LEFT = {
    "held-many-spam": "left_decided",
    "held-many-returned": "left_decided",
    "held-many-retried": "left_held",
}
#: said with care: it is not what was hoped for
CAREFUL = frozenset({"too-late", "bulk-too-late", "held-still", "nothing-next"})


@dataclass(frozen=True, slots=True)
class Said:
    kind: str
    text: str
    undo: str | None = field(default=None)


def said_of(request: Request[Any, Any, Any]) -> list[Said]:
    parts = request.cookies.get(SAID_COOKIE, "").split(".")
    if len(parts) != SAID_PARTS or not all(p.isdecimal() or not p for p in parts[1:]):
        return []
    code, number, message, left = parts
    undo = f"/central/{number}/desfazer/{message}" if number and message else None
    if code in UNDONE and message:
        undo = UNDONE[code].format(message)
    text = label(code, "done")
    if "{n}" in text:
        text, number = text.format(n=number or 0), ""
    if left:
        words = LEFT.get(code, "left")
        text = f"{text}. {label('one' if left == '1' else 'many', words).format(n=left)}"
    kind = "att" if left or code in CAREFUL else "ok"
    return [Said(kind, f"{number} · {text}" if number else text, undo)]
