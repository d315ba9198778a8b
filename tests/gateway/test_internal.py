"""What a monitor reads: figures and readiness, with the alarms beside them."""

from datetime import UTC, datetime
from pathlib import Path

from litestar.testing import AsyncTestClient
from sqlalchemy.orm import Session

from gateway import runtime as runtimes
from gateway.internal import create_internal
from gateway.settings import load
from helpdesk import alarms, install
from helpdesk.alarms import Found


async def test_an_alarm_is_a_figure_and_a_detail_and_leaves_the_instance_in_service(
    database_url: str, tmp_path: Path
):
    settings = load(
        {
            "PONTE_DATABASE__URL": database_url,
            "PONTE_BLOBS__URL": f"file:{tmp_path}/blobs",
            "PONTE_SECRET_KEY": "internal-" + "k" * 32,
        }
    )
    runtime = runtimes.build(settings)

    def ring(session: Session) -> None:
        now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        found = Found("fetching:caixa@op.example/INBOX", "fetching", now, "Lost: refused")
        alarms.settle(session, [found], (), now=now)

    runtime.work.write_now(install.install)
    async with AsyncTestClient(create_internal(runtime)) as client:
        figures = (await client.get("/metrics")).text
        assert 'ponte_alarm{kind="fetching"} 0' in figures
        assert (await client.get("/health/ready")).json() == {"schema": "ok"}
        runtime.work.write_now(ring)
        figures = (await client.get("/metrics")).text
        assert 'ponte_alarm{kind="fetching"} 1' in figures
        assert 'ponte_alarm{kind="outbox"} 0' in figures
        ready = await client.get("/health/ready")
        assert ready.status_code == 200
        assert ready.json() == {
            "schema": "ok",
            "alarm fetching:caixa@op.example/INBOX": (
                "since 2026-11-24T12:00:00+00:00 Lost: refused"
            ),
        }
    runtime.close()
