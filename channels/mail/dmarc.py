"""What the owner of a domain asks of whoever receives mail in its name (RFC 7489)."""

from dataclasses import dataclass

from channels.mail.domains import organisational
from channels.mail.resolver import Questions

ENFORCED = frozenset({"quarantine", "reject"})


@dataclass(frozen=True, slots=True)
class Policy:
    """`enforced`: mail without an aligned pass is to be refused or set aside. `strict`: only a
    signature of the very domain counts (`adkim=s`)."""

    enforced: bool = False
    strict: bool = False


def tags(record: str) -> dict[str, str]:
    """A tag list (RFC 6376 §3.2), names lower-case; the first of equal names counts."""
    found: dict[str, str] = {}
    for piece in record.split(";"):
        name, equals, value = piece.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def policy(from_domain: str, questions: Questions) -> Policy:
    """The policy for mail of `from_domain` (§6.6.3): its own record, else that of its
    organisational domain. Raises `Unanswered`."""
    owner = organisational(from_domain)
    record = _record(questions.txt(f"_dmarc.{from_domain}"))
    asked = "p"
    if record is None and owner != from_domain:
        record, asked = _record(questions.txt(f"_dmarc.{owner}")), "sp"
    if record is None:
        return Policy()
    # `pct=0` and `t=y` are how owners say that they only watch.
    watching = record.get("pct") == "0" or record.get("t", "").lower() == "y"
    wanted = record.get(asked, record.get("p", "")).lower()
    return Policy(
        enforced=wanted in ENFORCED and not watching,
        strict=record.get("adkim", "").lower() == "s",
    )


def _record(records: tuple[str, ...]) -> dict[str, str] | None:
    """The only DMARC record among `records`; several are as good as none (§6.6.3)."""
    found = [record for record in records if record.replace(" ", "").startswith("v=DMARC1")]
    return tags(found[0]) if len(found) == 1 else None
