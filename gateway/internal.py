"""The internal listener: figures for a monitor and readiness in detail. Never on the public one."""

from collections.abc import Mapping

from litestar import Litestar, MediaType, Response, get
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.runtime import Runtime
from helpdesk import alarms, inbound, quarantine
from helpdesk.migrations import current
from helpdesk.models import Log, Outbox, Ticket

HELP = {
    "ponte_tickets": "tickets by situation",
    "ponte_outbox": "notices by state",
    "ponte_inbound_waiting": "raw messages not yet applied",
    "ponte_quarantine_held": "messages that wait for a person",
    "ponte_log_unsealed": "log rows not yet sealed",
    "ponte_alarm": "alarms raised now, by kind",
    "ponte_listener_up": "1 while a listener's last attempt worked",
}


def create_internal(runtime: Runtime) -> Litestar:
    @get("/metrics", media_type=MediaType.TEXT)
    async def metrics() -> Response[str]:
        """Prometheus text format, version 0.0.4."""
        figures = await runtime.work.read(measure)
        figures |= {
            f'ponte_listener_up{{name="{h.name}"}}': int(not h.error)
            for channel in runtime.channels.values()
            for h in (probe() for probe in channel.health)
        }
        return Response(_exposed(figures), media_type="text/plain; version=0.0.4")

    @get("/health/ready", media_type=MediaType.JSON)
    async def ready() -> Response[dict[str, str]]:
        """Each part with `ok` or what is wrong; 503 when one is. An alarm stands beside them: it
        asks for a person, taking the instance out of service would not help."""
        parts: dict[str, str] = {}
        try:
            parts["schema"] = await runtime.work.read(_schema)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            parts["database"] = f"{type(error).__name__}: {error}"
        for channel in runtime.channels.values():
            for probe in channel.health:
                health = probe()
                parts[health.name] = health.error or "ok"
        status = 200 if all(state == "ok" for state in parts.values()) else 503
        if parts.get("schema") == "ok":
            parts |= await runtime.work.read(_alarms)
        return Response(parts, status_code=status)

    return Litestar([metrics, ready], openapi_config=None, logging_config=None)


def measure(session: Session) -> dict[str, int]:
    figures: dict[str, int] = {}
    by_situation = select(Ticket.situation, func.count()).group_by(Ticket.situation)
    for situation, count in session.execute(by_situation):
        figures[f'ponte_tickets{{situation="{situation}"}}'] = count
    by_state = select(Outbox.state, func.count()).group_by(Outbox.state)
    for state, count in session.execute(by_state):
        figures[f'ponte_outbox{{state="{state}"}}'] = count
    figures["ponte_inbound_waiting"] = inbound.backlog(session)
    figures["ponte_quarantine_held"] = quarantine.waiting(session)
    unsealed = select(func.count()).select_from(Log).where(Log.seal_id.is_(None))
    figures["ponte_log_unsealed"] = session.scalar(unsealed) or 0
    figures |= {f'ponte_alarm{{kind="{kind}"}}': 0 for kind in alarms.KINDS}
    for alarm in alarms.current(session):
        figures[f'ponte_alarm{{kind="{alarm.kind}"}}'] += 1
    return figures


def _alarms(session: Session) -> dict[str, str]:
    return {
        f"alarm {alarm.code}": f"since {alarm.since.isoformat(timespec='seconds')} {alarm.detail}"
        for alarm in alarms.current(session)
    }


def _schema(session: Session) -> str:
    return "ok" if current(session.connection()) else "not migrated"


def _exposed(figures: Mapping[str, int]) -> str:
    lines: list[str] = []
    described: set[str] = set()
    for name, value in figures.items():
        family = name.partition("{")[0]
        if family not in described:
            described.add(family)
            lines += [f"# HELP {family} {HELP[family]}", f"# TYPE {family} gauge"]
        lines.append(f"{name} {value}")
    return "\n".join(lines) + "\n"
