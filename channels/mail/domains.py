"""Names of domains: as DNS compares them, and which part of one somebody registered."""

from functools import lru_cache

import idna
from publicsuffixlist import PublicSuffixList

#: RFC 1035 §2.3.4
LONGEST_NAME, LONGEST_LABEL = 253, 63


def ascii_domain(name: str) -> str:
    """Lower-case A-labels without a final dot (RFC 5891, with the mapping of UTS 46); "" for what
    can be no domain.

    Not the standard library's codec: that of 2003 takes `faß.example` for another domain.
    """
    plain = name.strip().removesuffix(".").lower()
    if not plain.isascii():
        try:
            return idna.encode(plain, uts46=True).decode()
        except UnicodeError:
            return ""
    fits = len(plain) <= LONGEST_NAME and all(
        0 < len(label) <= LONGEST_LABEL for label in plain.split(".")
    )
    return plain if fits else ""


def aligned(domain: str, from_domain: str, *, strict: bool = False) -> bool:
    """Whether `domain` may speak for `from_domain` (RFC 7489 §3.1): the same organisational domain,
    or under `strict` the same name."""
    one, other = ascii_domain(domain), ascii_domain(from_domain)
    if not one or strict:
        return bool(one) and one == other
    return organisational(one) == organisational(other)


def organisational(domain: str) -> str:
    """The domain somebody registered (RFC 7489 §3.2): `mail.clinica.com.br` is `clinica.com.br`.

    A public suffix itself, and what the list cannot cut, stands for itself.
    """
    name = ascii_domain(domain)
    return _suffixes().privatesuffix(name) or name


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    """The list that came with the library: nothing is fetched. Read once, when first asked."""
    return PublicSuffixList()
