"""Who has the console open. In memory only: presence is never a row."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Presence:
    """Open event streams by agent; `changed` rises whenever somebody comes or goes."""

    streams: dict[int, int] = field(default_factory=dict[int, int])
    changed: int = 0

    def come(self, agent_id: int) -> None:
        self.streams[agent_id] = self.streams.get(agent_id, 0) + 1
        if self.streams[agent_id] == 1:
            self.changed += 1

    def leave(self, agent_id: int) -> None:
        left = self.streams.get(agent_id, 1) - 1
        if left:
            self.streams[agent_id] = left
        else:
            self.streams.pop(agent_id, None)
            self.changed += 1

    def agents_online(self, me: int | None) -> int:
        """Including the one who asks, whose stream opens a moment after the page."""
        others = set(self.streams) - {me}
        return len(others) + 1
