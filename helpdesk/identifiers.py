"""Numbers and addresses that name people and providers: read leniently, kept in one form.

Each function returns that form, or None for what cannot be one.
"""

import re
from dataclasses import dataclass

from validate_docbr import CNPJ, CPF

#: full-width and other look-alike characters are refused instead of guessed at
_MASKED = re.compile(r"[0-9A-Za-z./-]+", re.ASCII)
_CPF = re.compile(r"[0-9]{11}")
_CNES = re.compile(r"[0-9]{7}")
LONGEST_PHONE = 60
_EXTENSION = re.compile(
    r"[\s,;]*(?:\bramal|\br\.|\brm\.?|\bext\.?|;ext=)\s*:?\s*([0-9]{1,6})\s*$", re.IGNORECASE
)
LONGEST_EMAIL = 254
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#: dot-atom at a name of two labels or more (RFC 5322 §3.4.1, RFC 5321 §4.1.2), local part ≤ 64
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


@dataclass(frozen=True, slots=True)
class Phone:
    """`e164` with its plus sign; `extension` is the ramal, digits or ""."""

    e164: str
    extension: str = ""


def document(text: str) -> str | None:
    """Read a CNPJ (also alphanumeric, IN RFB 2.229/2024) or a CPF: 14 or 11 characters, no mask."""
    masked = text.strip()
    if not _MASKED.fullmatch(masked):
        return None
    plain = re.sub(r"[./-]", "", masked).upper()
    if _CPF.fullmatch(plain):
        return plain if CPF().validate(plain) else None
    return plain if CNPJ().validate(plain) else None


def format_document(plain: str) -> str:
    """Put the mask back on what `document` returned."""
    if _CPF.fullmatch(plain):
        return f"{plain[:3]}.{plain[3:6]}.{plain[6:9]}-{plain[9:]}"
    return f"{plain[:2]}.{plain[2:5]}.{plain[5:8]}/{plain[8:12]}-{plain[12:]}"


def phone(text: str) -> Phone | None:
    """Read a telephone number as dialled in Brazil or with its country code, and its ramal."""
    if len(text) > LONGEST_PHONE:
        return None
    # Loads tables of every country: a process that reads no telephone number does without.
    import phonenumbers  # noqa: PLC0415

    found = _EXTENSION.search(text)
    dialled = text[: found.start()] if found else text
    try:
        number = phonenumbers.parse(dialled, "BR")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(e164, found[1] if found else "")


def cnes(text: str) -> str | None:
    """Read a CNES: seven digits; no check digit is known."""
    plain = text.strip()
    return plain if _CNES.fullmatch(plain) else None


def email(text: str) -> str | None:
    """Read one bare mail address, lower-case throughout, at most 254 octets.

    A domain with accents becomes its ASCII form (RFC 5891). No display name, no line break.
    """
    if len(text) > LONGEST_EMAIL:
        return None
    local, at, domain = text.strip(" \t").rpartition("@")
    try:
        address = f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return None
    fits = len(address) <= LONGEST_EMAIL and _EMAIL.fullmatch(address)
    return address.lower() if fits else None
