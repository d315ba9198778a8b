"""New text and quoted text."""


def split(text: str, marked: str = "") -> tuple[str, str]:
    """First version."""
    return text, ""
