"""What somebody typed: a command or a text."""

from channels.bot.events import Command, Text


def typed(text: str) -> Command | Text:
    """A command stands alone; text after it makes it a text, so that nothing written is lost.

    `/start` alone may carry a word, from a link; `@bot` after a name is dropped.
    """
    first, _, rest = text.strip().partition(" ")
    name = first[1:].partition("@")[0].lower()
    if first.startswith("/") and name.isidentifier() and (not rest or name == "start"):
        return Command(name)
    return Text(text)
