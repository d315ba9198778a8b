"""Secrets kept in the database: encrypted with a key that is not in it.

AES-256-GCM (NIST SP 800-38D) under the subkey of the purpose `oauth`; `bound` is authenticated with
it, so that a sealed text moved to another row opens nothing.
"""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from helpdesk.tokens import Keyring

NONCE_OCTETS = 12
_LABEL = b"sealed, version 1"


def seal(keyring: Keyring, plain: str, *, bound: str) -> str:
    """Encrypt under the signing key; ASCII text."""
    nonce = secrets.token_bytes(NONCE_OCTETS)
    key = keyring.digest("oauth", _LABEL)
    sealed = AESGCM(key).encrypt(nonce, plain.encode(), bound.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(keyring: Keyring, sealed: str, *, bound: str) -> str | None:
    """What was sealed under any key of the ring; None when it was not, or for something else."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except ValueError:
        return None
    for key in keyring.digests("oauth", _LABEL):
        try:
            opened = AESGCM(key).decrypt(raw[:NONCE_OCTETS], raw[NONCE_OCTETS:], bound.encode())
        except (InvalidTag, ValueError):
            continue
        return opened.decode()
    return None
