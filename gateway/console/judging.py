"""The trace of a judgement (helpdesk/matching.py) in words: what each step looked for and found."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.labels import LABELS, label
from helpdesk.matching import LAYERS, SCORES

#: `step what: found`
_STEP = re.compile(r"(?P<step>[a-z-]+) (?P<what>[^:]+)(: (?P<found>.+))?$")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of how it was judged. kind: ok | exp | no. `score` in percent, None when the step
    gives none."""

    title: str
    text: str
    kind: str
    score: int | None = None


def steps(trace: Sequence[str], providers: Mapping[int, str]) -> list[Step]:
    """Layers first, strongest first, also those that found nothing; then what else was looked at.
    `providers`: names by id, for steps that name one."""
    read = [(found["step"] if (found := _STEP.match(line)) else "", line) for line in trace]
    # A message that could not be read was never compared with any ticket.
    looked = any(step == "verdict" for step, _ in read)
    told: list[Step] = []
    for layer in LAYERS if looked else ():
        lines = [line for step, line in read if step == layer]
        told += [_step(line, providers) for line in lines]
        if not lines:
            told.append(Step(label(layer, "layer"), label("nothing", "trace"), "no", 0))
    return told + [_step(line, providers) for step, line in read if step not in SCORES]


def _step(line: str, providers: Mapping[int, str]) -> Step:
    found = _STEP.match(line)
    if found is None:
        return Step(line, "", "no")
    step, what, standing = found["step"], found["what"], found["found"]
    if step == "verdict":
        kind = {"verified": "ok", "failed": "exp"}.get(what, "no")
        words = label(what, "verdict")
        if standing is not None:
            words += f": {label(standing, 'judged')}"
        return Step(label("authentication", "trace"), words, kind)
    if step in SCORES:
        text = label("ticket", "trace").format(number=what)
        stands = standing in LABELS["standing"]
        known = label(standing, "standing" if stands else "trace")
        score = next(score for layer, score in SCORES.items() if layer == step)
        return Step(label(step, "layer"), f"{text} {known}", "ok" if stands else "exp", score)
    if step == "provider" and what.isdecimal():
        what = providers.get(int(what), what)
    if step == "agent" and standing is not None:
        standing = label(standing, "agent_mail")
    if step == "defect":
        what = label(what, "defect")
    text = what if standing is None else f"{what}: {standing}"
    return Step(label(step, "trace"), text, "exp" if step == "forged" else "no")
