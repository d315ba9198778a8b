"""Passwords by NIST SP 800-63B-4 §3.1.1: length counts, rules of composition do not, common ones
are refused, none expires. Hashing is slow on purpose: never inside a transaction.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

#: characters of a password that stands alone, and of one beside a second factor
LEAST = 12
LEAST_WITH_FACTOR = 8
MOST = 200
#: zxcvbn compares no more than this
_COMPARED = 72
#: zxcvbn's scale goes from 0 to 4; below this an online guesser gets there
_GUESSABLE = 2
#: words of ours that the library's English lists lack
_LOCAL = (
    "senha", "mudar", "trocar", "acesso", "brasil", "ponte", "central", "operadora", "prestador",
    "clinica", "hospital", "saude", "atendimento", "usuario", "administrador", "mudar123",
    "qwerty", "corinthians", "flamengo", "palmeiras",
)  # fmt: skip


def problem(password: str, *, words: Iterable[str] = (), least: int = LEAST) -> str:
    """What stands against it: "" | required | too_short | too_long | common.

    `words` are what people who know the account would try first: login, name, address, insurer.
    """
    plain = _normal(password)
    if not plain:
        return "required"
    if len(plain) < least:
        return "too_short"
    if len(plain) > MOST:
        return "too_long"
    return "common" if _is_common(plain, tuple(words)) else ""


def hash_password(password: str) -> str:
    """Slow on purpose: call it in a thread, outside transactions."""
    return PasswordHasher().hash(_normal(password))


def verify(known: str, password: str) -> bool:
    """Whether it is the password of a stored hash. Without one ("") it takes as long."""
    given = password[:MOST]
    return _matches(known or _nobody(), given) and bool(known)


def _matches(known: str, password: str) -> bool:
    # Hashes made before passwords were normalised hold what was typed.
    for spelled in dict.fromkeys((_normal(password), password)):
        try:
            return PasswordHasher().verify(known, spelled)
        except (Argon2Error, InvalidHashError):
            continue
    return False


@cache
def _nobody() -> str:
    """What the password of somebody unknown is compared with."""
    return hash_password("nobody")


def _normal(password: str) -> str:
    """Keyboards differ in how they spell an accent (NIST: NFKC before hashing)."""
    return unicodedata.normalize("NFKC", password)


def _is_common(password: str, words: tuple[str, ...]) -> bool:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its lists take 0.1 s to load, and few need them
    from zxcvbn.matching import RANKED_DICTIONARIES  # noqa: PLC0415

    lower = password.lower()
    if any(lower in ranked for ranked in RANKED_DICTIONARIES.values()):
        return True
    parts = [part for word in words for part in _parts(word)]
    found = zxcvbn(password[:_COMPARED], user_inputs=[*_LOCAL, *parts])
    return found["score"] < _GUESSABLE


def _parts(word: str) -> list[str]:
    """An address and a name are tried whole and in pieces."""
    pieces = word.lower().replace("@", " ").replace(".", " ").split()
    return [word.lower(), *(piece for piece in pieces if len(piece) > 2)]  # noqa: PLR2004 - "da"
