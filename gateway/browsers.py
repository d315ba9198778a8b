"""What people call the browser and the system that a User-Agent names."""

#: what a User-Agent holds, to a name; the first that fits (each also says it is another)
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> tuple[str, str]:
    """Browser and system of a User-Agent as people call them; "" where nobody knows."""

    def first(known: tuple[tuple[str, str], ...]) -> str:
        return next((name for mark, name in known if mark in agent), "")

    return first(BROWSERS), first(SYSTEMS)
