"""Whether the sender is who the message says (RFC 8601, RFC 7489 alignment).

Only the topmost Authentication-Results header counts, and only when our own server wrote it: any
sender can put such a header into a message, but none above the one our server adds on arrival.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpdesk.border import Verdict

if TYPE_CHECKING:
    from channels.mail.parse import ParsedMail

_COMMENT = re.compile(r"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)")
_METHOD = re.compile(r"^\s*(?P<name>[a-z-]+)(?:/\d+)?\s*=\s*(?P<result>[a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"(?P<name>[a-z]+\.[a-z-]+)\s*=\s*\"?(?P<value>[^\s;\"]+)", re.IGNORECASE)
#: public suffixes under which people register names, of those our senders use; the organisational
#: domain (RFC 7489 §3.2) is one label more
_SECOND_LEVEL = re.compile(
    r"\.(?:(?:com|org|net|gov|edu|med|ind|adv|eco|eng|art|blog|coop|jus|leg|mp|mil|odo|psi|fst|"
    r"enf|vet|nom|srv|inf|tv|co|ac|go|or|ne|gob|ltd|plc|nhs|sch)\.[a-z]{2}|[a-z]{2}\.gov\.br)$"
)


@dataclass(frozen=True, slots=True)
class Authentication:
    """What our server found out. Results are RFC 8601 words, None where it said nothing."""

    trusted: bool
    spf: str | None
    dkim: str | None
    dmarc: str | None
    verdict: Verdict


_NOTHING = Authentication(trusted=False, spf=None, dkim=None, dmarc=None, verdict=Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Result:
    method: str
    result: str
    properties: dict[str, str]


def judge(parsed: "ParsedMail", authserv_id: str | None, from_domain: str) -> Authentication:
    """Read the topmost Authentication-Results of `authserv_id`; `from_domain` is that of From.

    verified: DMARC passed for that very domain, or DKIM or SPF passed aligned with it. failed:
    DMARC failed, or something was checked and nothing that passed is aligned. unknown: no trusted
    header, or one that could not check anything.
    """
    if not authserv_id:
        return _NOTHING
    topmost = next(
        (value for name, value in parsed.headers if name.lower() == "authentication-results"), None
    )
    if topmost is None:
        return _NOTHING
    server, results = _read(topmost)
    if server.lower() != authserv_id.lower():
        return _NOTHING
    said = {
        method: _worst_or_best(results, method, from_domain) for method in ("spf", "dkim", "dmarc")
    }
    return Authentication(
        trusted=True,
        spf=said["spf"],
        dkim=said["dkim"],
        dmarc=said["dmarc"],
        verdict=_verdict(results, said["dmarc"], from_domain, parsed.defects),
    )


def aligned(domain: str, from_domain: str) -> bool:
    """Relaxed alignment (RFC 7489 §3.1): the same organisational domain."""
    return bool(domain) and organisational(domain) == organisational(from_domain)


def organisational(domain: str) -> str:
    """The domain somebody registered: `mail.clinica.com.br` is `clinica.com.br`."""
    name = domain.strip(" .").lower()
    labels = name.split(".")
    keep = 3 if _SECOND_LEVEL.search(name) else 2
    if re.search(r"\.[a-z]{2}\.gov\.br$", name):
        keep = 4
    return ".".join(labels[-keep:])


def _read(value: str) -> tuple[str, list[_Result]]:
    """The authserv-id and the results of a header (RFC 8601 §2.2)."""
    first, *rest = _COMMENT.sub(" ", value).split(";")
    server = first.split()[0] if first.split() else ""
    results: list[_Result] = []
    for piece in rest:
        method = _METHOD.match(piece)
        if method is None:
            continue
        properties = {
            found["name"].lower(): found["value"].lower()
            for found in _PROPERTY.finditer(piece, method.end())
        }
        results.append(_Result(method["name"].lower(), method["result"].lower(), properties))
    return server, results


def _domain_of(result: _Result) -> str:
    """The domain a result speaks for."""
    names = {
        "dkim": ("header.d", "header.i"),
        "spf": ("smtp.mailfrom", "smtp.mail", "smtp.helo"),
        "dmarc": ("header.from",),
    }[result.method]
    value = next((result.properties[name] for name in names if name in result.properties), "")
    return value.rpartition("@")[2].strip("<>")


def _worst_or_best(results: list[_Result], method: str, from_domain: str) -> str | None:
    """Of several results of a method the one that is aligned with From, else the first."""
    found = [result for result in results if result.method == method]
    if not found:
        return None
    return next(
        (
            result.result
            for result in found
            if result.result == "pass" and aligned(_domain_of(result), from_domain)
        ),
        found[0].result,
    )


def _verdict(
    results: list[_Result], dmarc: str | None, from_domain: str, defects: tuple[str, ...]
) -> Verdict:
    if dmarc == "fail" or not from_domain or "several-from" in defects:
        return Verdict.FAILED
    checked = [result for result in results if result.method in {"spf", "dkim", "dmarc"}]
    passed = [result for result in checked if result.result == "pass"]
    if any(_speaks_for(result, from_domain) for result in passed):
        return Verdict.VERIFIED
    temporary = {"temperror", "none", "neutral", "policy"}
    if all(result.result in temporary for result in checked):
        return Verdict.UNKNOWN
    return Verdict.FAILED


def _speaks_for(result: _Result, from_domain: str) -> bool:
    domain = _domain_of(result)
    if result.method == "dmarc":
        # The server judged the From it saw; if it names one it has to be ours
        return not domain or aligned(domain, from_domain)
    return aligned(domain, from_domain)
