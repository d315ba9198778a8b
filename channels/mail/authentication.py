"""Whether the sender is who the message says (RFC 8601, RFC 7489 alignment).

Only the topmost Authentication-Results header counts, and only when our own server wrote it: any
sender can put such a header into a message, but none above the one our server adds on arrival.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from channels.mail.domains import aligned, ascii_domain
from channels.mail.results import Result, read_results
from helpdesk.border import Verdict

if TYPE_CHECKING:
    from channels.mail.parse import ParsedMail

#: where each method says whom it speaks for
_SUBJECTS = {
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom", "smtp.mail", "smtp.helo"),
    "dmarc": ("header.from",),
}
#: results that say nothing of the sender (RFC 8601 §2.7): not asked, or not answered
_SILENT = frozenset({"temperror", "none", "neutral", "policy"})
#: parse defects that leave nobody to speak for
_UNNAMED = {"several-from": "several-from", "no-from": "no-from", "from-without-address": "no-from"}


@dataclass(frozen=True, slots=True)
class Authentication:
    """What was found out. Results are RFC 8601 words, None where our server said nothing.

    `reason` is a word of the label table `judged`: what the verdict rests on.
    """

    trusted: bool
    spf: str | None
    dkim: str | None
    dmarc: str | None
    verdict: Verdict
    reason: str


_NOTHING = Authentication(
    trusted=False, spf=None, dkim=None, dmarc=None, verdict=Verdict.UNKNOWN, reason="nobody"
)


def judge(parsed: "ParsedMail", authserv_id: str | None, from_domain: str) -> Authentication:
    """Read the topmost Authentication-Results if `authserv_id` wrote it; `from_domain` is From's.

    verified: DMARC passed for that very domain, or DKIM or SPF passed aligned with it. failed:
    DMARC failed, or something was checked and nothing that passed is aligned. unknown: no trusted
    header, or one that could not check anything.
    """
    if not authserv_id or parsed.results is None:
        return _NOTHING
    found = read_results(parsed.results)
    if found is None or _plain(found.server) != _plain(authserv_id):
        return _NOTHING
    said = {method: _strongest(found.results, method, from_domain) for method in _SUBJECTS}
    verdict, reason = _verdict(found.results, from_domain)
    nobody = unnamed(parsed)
    if nobody is not None:
        verdict, reason = Verdict.FAILED, nobody
    return Authentication(
        trusted=True,
        spf=said["spf"],
        dkim=said["dkim"],
        dmarc=said["dmarc"],
        verdict=verdict,
        reason=reason,
    )


def _plain(server: str) -> str:
    """An authserv-id is a domain name mostly, and may be any word (RFC 8601 §2.5)."""
    return ascii_domain(server) or server.lower()


def unnamed(parsed: "ParsedMail") -> str | None:
    """The reason why a message speaks for nobody: no From, or several (RFC 7489 §6.6.1)."""
    return next((_UNNAMED[defect] for defect in parsed.defects if defect in _UNNAMED), None)


def _domain_of(result: Result) -> str:
    """The domain a result speaks for."""
    names = _SUBJECTS[result.method]
    value = next((result.properties[name] for name in names if name in result.properties), "")
    return value.rpartition("@")[2].strip("<>")


def _strongest(results: tuple[Result, ...], method: str, from_domain: str) -> str | None:
    """Of several results of a method the one that is aligned with From, else the first."""
    found = [result for result in results if result.method == method]
    passed = (result.result for result in found if _vouches(result, from_domain))
    return next(passed, found[0].result if found else None)


def _verdict(results: tuple[Result, ...], from_domain: str) -> tuple[Verdict, str]:
    checked = [result for result in results if result.method in _SUBJECTS]
    if any(result.method == "dmarc" and result.result == "fail" for result in checked):
        return Verdict.FAILED, "dmarc-fail"
    for method in ("dmarc", "dkim", "spf"):
        if any(each.method == method and _vouches(each, from_domain) for each in checked):
            return Verdict.VERIFIED, f"{method}-pass"
    if all(result.result in _SILENT for result in checked):
        return Verdict.UNKNOWN, "unchecked"
    return Verdict.FAILED, "unaligned"


def _vouches(result: Result, from_domain: str) -> bool:
    if result.result != "pass":
        return False
    domain = _domain_of(result)
    if result.method == "dmarc":
        # The server judged the From it saw; if it names one it has to be ours.
        return not domain or aligned(domain, from_domain)
    return aligned(domain, from_domain)
