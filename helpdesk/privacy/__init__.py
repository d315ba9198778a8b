"""A person's data (LGPD, Lei 13.709/2018): found, handed over (art. 18, II), erased (art. 18, VI).

Erasing keeps what is nobody's: number, protocol, dates, classification, who of the operadora did
what, and a log that still verifies (`helpdesk.audit`).
"""

from helpdesk.privacy.erasing import again, check, erase
from helpdesk.privacy.places import Words
from helpdesk.privacy.scope import Scope, find
from helpdesk.privacy.subject import Subject, folded, of_address, of_person
from helpdesk.privacy.telling import told

__all__ = [
    "Scope",
    "Subject",
    "Words",
    "again",
    "check",
    "erase",
    "find",
    "folded",
    "of_address",
    "of_person",
    "told",
]
