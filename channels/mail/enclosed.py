"""The text of a message that has none of its own: what it encloses says it.

A forwarded message without a word, a digest, an invitation: the file stays an attachment, and a
person reads here what stands in it.
"""

from channels.mail import best_text, bodies, headers, invitation
from channels.mail.parse_mime import read_tree

#: enclosed messages beyond these are only files
_MOST = 20
_MESSAGES = frozenset({"message/rfc822", "message/global"})
_CALENDARS = frozenset({"text/calendar", "application/ics"})
#: by what an enclosed message is introduced
_SHOWN = ("From", "Date", "Subject")


def text(found: bodies.Contents) -> str:
    """The texts of enclosed messages and invitations, "" when there are none."""
    said: list[str] = []
    for leaf in found.attachments[:_MOST]:
        if leaf.content_type in _MESSAGES:
            said.append(_message(leaf.data))
        elif leaf.content_type in _CALENDARS:
            said.append(invitation.text(leaf.data, leaf.charset))
    return "\n\n".join(filter(None, said))


def _message(data: bytes) -> str:
    root = read_tree(data, [])
    lines = [
        f"{name}: {headers.text(value)}"
        for name in _SHOWN
        if (value := root.get(name.lower())) is not None
    ]
    body, _, _ = best_text.joined(bodies.read(root, []), [])
    return "\n".join([*lines, "", body]).strip() if body.strip() else ""
