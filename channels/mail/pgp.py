"""Inline PGP (RFC 9580 §6.2, §7): told apart, and out of its armour what is only signed.

Nothing is verified and nothing decrypted.
"""

import re

_MESSAGE = re.compile(r"^-----BEGIN PGP MESSAGE-----", re.MULTILINE)
_OPENING = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Za-z-]+:[^\n]*\n)*\n")
_SIGNATURE, _END = "-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----"
_DASH = re.compile(r"^- (?=-)", re.MULTILINE)


def read(text: str) -> tuple[str, str | None]:
    """What a person reads of it, and None, `signed-pgp` or `encrypted-pgp`."""
    if "-----BEGIN PGP " not in text:
        return text, None
    if _MESSAGE.search(text):
        return text, "encrypted-pgp"
    opening = _OPENING.search(text, 0, max(text.rfind(_SIGNATURE), 0))
    if opening is None:
        return text, None
    signed, _, below = text[opening.end() :].partition(_SIGNATURE)
    plain = text[: opening.start()] + _DASH.sub("", signed) + below.partition(_END)[2]
    return plain, "signed-pgp"
