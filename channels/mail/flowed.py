"""`format=flowed` undone (RFC 3676): soft-broken lines become one again."""


def unflow(text: str, *, delsp: bool = False) -> str:
    """Join lines that end in a blank with the next one of the same quote depth. The signature
    delimiter `-- ` never joins; space-stuffing is removed."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        joins = open_depth == depth and content != "-- "
        if joins:
            out[-1] += content
        else:
            out.append(f"{'>' * depth} {content}" if depth else content)
        if content.endswith(" ") and content != "-- ":
            open_depth = depth
            if delsp:
                out[-1] = out[-1][:-1]
        else:
            open_depth = -1
    return "\n".join(out)
