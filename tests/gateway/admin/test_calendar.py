import re

from tests.gateway.console.served import Instance, send


def test_the_law_s_days_are_listed_and_own_days_come_and_go(instance: Instance):
    with instance.client("chefe") as client:
        page = client.get("/cadastros/calendario?ano=2026").text
        assert "Consciência Negra" in page
        saved = send(
            client, "/cadastros/calendario", day="2026-12-08", name="Padroeira", working="0"
        )
        assert saved.headers["location"] == "/cadastros/calendario?ano=2026"
        page = client.get("/cadastros/calendario?ano=2026").text
        assert re.search(r"ter 08/12/2026.*?Padroeira.*?Da operadora", page, re.DOTALL)
        assert send(client, "/cadastros/calendario/2026-12-08/retirar").status_code == 303
        assert "Padroeira</td>" not in client.get("/cadastros/calendario?ano=2026").text
        assert send(client, "/cadastros/calendario/2026-12-08/retirar").status_code == 404
        assert send(client, "/cadastros/calendario/amanha/retirar").status_code == 404


def test_a_day_needs_a_date_and_a_name(instance: Instance):
    with instance.client("chefe") as client:
        for day, name in (
            ("", "Nada"),
            ("31/12/2026", "Nada"),
            ("1999-01-01", "Nada"),
            ("2026-12-24", " "),
        ):
            refused = send(client, "/cadastros/calendario", day=day, name=name, working="1")
            assert refused.status_code == 422
            assert 'aria-invalid="true"' in refused.text


def test_an_added_holiday_moves_the_next_deadline(instance: Instance):
    before = instance.ticket(instance.opened()).due_at
    with instance.client("chefe") as client:
        day = before.astimezone(instance.runtime.policy.zone).date().isoformat()
        send(client, "/cadastros/calendario", day=day, name="Folga", working="0")
        assert instance.ticket(instance.opened()).due_at > before
        send(client, f"/cadastros/calendario/{day}/retirar")


def test_an_attendant_reads_and_does_not_change(instance: Instance):
    with instance.client("ana") as client:
        page = client.get("/cadastros/calendario").text
        assert "Gravar dia" not in page
        refused = send(client, "/cadastros/calendario", day="2026-12-08", name="X", working="0")
        assert refused.status_code == 403
        assert client.get("/cadastros").headers["location"] == "/cadastros/classificacoes"
        listed = client.get("/cadastros/classificacoes").text
    assert "Faturamento e lotes" in listed
    assert "2 dias úteis" in listed
    with instance.client("leo") as client:
        assert client.get("/cadastros/classificacoes").status_code == 403
