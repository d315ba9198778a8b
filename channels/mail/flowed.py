"""`format=flowed` undone (RFC 3676): soft-broken lines become one again."""


def unflow(text: str, *, delsp: bool = False) -> str:
    """Join lines that end in a blank with the next one of the same quote depth. The signature
    delimiter `-- ` never joins; space-stuffing is removed."""
    out: list[str] = []
    #: of the line that is being joined
    pieces: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if open_depth != depth or content == "-- ":
            if pieces:
                out.append("".join(pieces))
            pieces = [">" * depth + " "] if depth else []
        soft = content.endswith(" ") and content != "-- "
        pieces.append(content[:-1] if soft and delsp else content)
        open_depth = depth if soft else -1
    out.append("".join(pieces))
    return "\n".join(out)
