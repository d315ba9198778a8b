import re

from tests.gateway.console.served import Instance, send

OFF = {
    "name": "Padroeira",
    "rule": "date",
    "day": "2026-12-08",
    "effect": "closed",
    "from_easter": "",
    "opens": "",
    "closes": "",
    "state": "",
    "city": "",
    "sector": "",
}
NEW = "/cadastros/feriados/novo"


def test_the_year_shows_the_law_s_days_and_the_operadora_s(instance: Instance):
    with instance.client("chefe") as client:
        page = client.get("/cadastros/calendario?ano=2027").text
        assert "Consciência Negra" in page
        half = OFF | {"day": "2027-02-10", "effect": "half", "opens": "13:00"}
        saved = send(client, NEW, **half)
        assert saved.status_code == 303
        page = client.get("/cadastros/calendario?ano=2027").text
        assert re.search(r"qua 10/02/2027.*?Padroeira.*?Das 13:00 às 18:00", page, re.DOTALL)
        assert client.get("/cadastros/calendario?ano=agora").status_code == 200
        place = saved.headers["location"]
        assert send(client, f"{place}/desativar").status_code == 303
        assert "Padroeira" not in client.get("/cadastros/calendario?ano=2027").text
        assert send(client, f"{place}/sumir").status_code == 404


def test_a_day_needs_a_date_and_a_name(instance: Instance):
    with instance.client("chefe") as client:
        for wrong in ({"day": ""}, {"day": "1999-01-01"}, {"name": " "}, {"effect": "half"}):
            refused = send(client, NEW, **(OFF | wrong))
            assert refused.status_code == 422
            assert 'aria-invalid="true"' in refused.text


def test_an_added_holiday_is_told_before_it_moves_deadlines(instance: Instance):
    number = instance.opened()
    before = instance.ticket(number).due_at
    day = before.astimezone(instance.runtime.policy.zone).date().isoformat()
    with instance.client("chefe") as client:
        folga = OFF | {"name": "Folga", "day": day}
        told = send(client, NEW, **folga)
        assert told.status_code == 200
        assert "Nada foi gravado ainda" in told.text
        assert f'href="/central/{number}"' in told.text
        assert instance.ticket(number).due_at == before
        done = send(client, NEW, confirmed="1", **folga)
        assert done.status_code == 303
        moved = instance.ticket(number).due_at
        assert moved > before
        assert instance.ticket(instance.opened()).due_at == moved
        place = done.headers["location"]
        assert "prazo" in send(client, f"{place}/excluir").text
        assert instance.ticket(number).due_at == moved
        send(client, f"{place}/excluir", confirmed="1")
        assert instance.ticket(number).due_at == before


def test_an_attendant_reads_and_does_not_change(instance: Instance):
    with instance.client("ana") as client:
        page = client.get("/cadastros/feriados").text
        assert "Novo feriado" not in page
        assert client.get(NEW).status_code == 403
        assert send(client, NEW, **OFF).status_code == 403
        assert client.get("/cadastros").headers["location"] == "/cadastros/classificacoes"
        listed = client.get("/cadastros/classificacoes").text
    assert "Faturamento e lotes" in listed
    with instance.client("leo") as client:
        assert client.get("/cadastros/classificacoes").status_code == 403
