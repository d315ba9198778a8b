"""The provider portal: log in, list, write, read. Its notices stand on its pages."""

from channels.kit import Connected, Kit
from channels.web import routes


def connect(kit: Kit, config: object) -> Connected:
    """The portal is always there; its limits come with the kit."""
    del config
    return Connected(routes=(routes.router(kit),))
