"""Profiles, agents, providers and their people, as they are kept on screens."""

import re
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from helpdesk import passkeys, sessions, tickets
from helpdesk.models import (
    Agent,
    ApiToken,
    KnownAddress,
    Log,
    Membership,
    Outbox,
    Passkey,
    Person,
    Profile,
    Provider,
    Ticket,
)
from tests.gateway.console.served import Instance, csrf, send

SLUGS = ("prestadores", "enderecos", "prazos", "tipos", "agentes", "perfis")
RIGHTS = ("ticket.read", "registers.agent.write", "registers.profile.write")


def number_of(answer: httpx.Response) -> int:
    """The record a form was saved as."""
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


def provider(instance: Instance, client: httpx.Client, **more: Any) -> int:
    instance.serial += 1
    given = {"code": f"N{instance.serial}", "name": f"Clínica {instance.serial}"} | more
    return number_of(send(client, "/cadastros/prestadores/novo", **given))


def agent(instance: Instance, client: httpx.Client, **more: Any) -> tuple[int, str]:
    instance.serial += 1
    login = f"novo{instance.serial}"
    given = {"login": login, "name": "Novo", "email": f"{login}@op.example", "profile": "atendente"}
    return number_of(send(client, "/cadastros/agentes/novo", **(given | more))), login


@pytest.mark.parametrize("slug", SLUGS)
def test_each_has_its_list_and_its_form(instance: Instance, slug: str):
    with instance.client("chefe") as client:
        for path in ("", "/novo", "/importar", "/exportar.csv", "?q=a&situacao=todos"):
            assert client.get(f"/cadastros/{slug}{path}").status_code == 200, path


def test_a_new_profile_may_nothing_and_the_menu_says_so(instance: Instance):
    with instance.client("chefe") as chief:
        profile = number_of(send(chief, "/cadastros/perfis/novo", code="Vazio", name="Vazio"))
        agent_id, _ = agent(instance, chief, profile="vazio")
        page = chief.get(f"/cadastros/perfis/{profile}").text
        assert "checked" not in page.partition('id="permissions"')[2].partition("</fieldset>")[0]
        actor = instance.read(sessions.agent_actor, agent_id)
        assert actor.permissions == frozenset()
        chosen = {"permissions": ["ticket.read", "registers.provider.write"]}
        version = page.partition('name="version" value="')[2].partition('"')[0]
        changed = send(
            chief, f"/cadastros/perfis/{profile}", code="vazio", name="Cadastro", version=version,
            groups="Jurídico, auditoria", **chosen,
        )  # fmt: skip
        assert changed.status_code == 303
    actor = instance.read(sessions.agent_actor, agent_id)
    # Whoever writes a register reads it, and may enter the registers.
    assert actor.permissions == {
        "ticket.read", "registers.provider.write", "registers.provider.read", "registers",
    }  # fmt: skip
    assert actor.groups == {"Jurídico", "auditoria"}
    with instance.client(None) as client:
        token = instance.write(sessions.start, "agent", agent_id, now=instance.now)
        client.cookies.set("ponte_agent", token)
        assert client.get("/cadastros").headers["location"] == "/cadastros/prestadores"
        menu = client.get("/cadastros/prestadores").text
        assert "/cadastros/agentes" not in menu
        assert "/cadastros/classificacoes" not in menu
        assert client.get("/cadastros/agentes").status_code == 403


def test_nobody_gives_more_than_they_have(instance: Instance):
    def keeper(session: Any) -> None:
        session.add(Profile(code="rh", name="RH", permissions=list(RIGHTS), groups=[]))

    instance.write(keeper)
    with instance.client("chefe") as chief:
        keeper_id, _ = agent(instance, chief, profile="rh")
    with instance.client(None) as client:
        token = instance.write(sessions.start, "agent", keeper_id, now=instance.now)
        client.cookies.set("ponte_agent", token)
        refused = send(
            client, "/cadastros/perfis/novo", code="forte", name="Forte", permissions="ticket.close"
        )
        assert refused.status_code == 422
        assert "Vai além do que você mesmo pode" in refused.text
        refused = send(client, "/cadastros/perfis/novo", code="g", name="G", groups="sigilo")
        assert refused.status_code == 422
        new = {"login": "x9", "name": "X", "email": "x@op.example", "profile": "admin"}
        assert send(client, "/cadastros/agentes/novo", **new).status_code == 422
        # Nor touches who may more: the address of an administrator opens every door.
        boss = instance.read(lambda s: s.scalar(select(Agent.id).where(Agent.login == "chefe")))
        path = f"/cadastros/agentes/{boss}"
        version = version_of(client, path)
        taken = {"name": "X", "email": "x@op.example", "profile": "rh", "version": version}
        assert send(client, path, **taken).status_code == 403
        assert send(client, f"{path}/desativar").status_code == 403
        weaker = {"code": "menor", "name": "Menor", "permissions": "ticket.read"}
        assert send(client, "/cadastros/perfis/novo", **weaker).status_code == 303
    assert instance.read(lambda s: s.get(Agent, boss)).email == "chefe@op.example"


def version_of(client: httpx.Client, path: str) -> str:
    return client.get(path).text.partition('name="version" value="')[2].partition('"')[0]


def test_an_agent_who_goes_lets_go_of_everything(instance: Instance):
    number = instance.opened()
    with instance.client("chefe") as chief:
        agent_id, login = agent(instance, chief)
        token = instance.write(sessions.start, "agent", agent_id, now=instance.now)
        key = instance.write(sessions.add_token, "robô", login, now=instance.now)
        instance.write(tickets.claim, instance.desk(login), number)
        assert send(chief, f"/cadastros/agentes/{agent_id}/desativar").status_code == 303
        assert "Novo" in chief.get("/cadastros/agentes?situacao=inativos").text
        assert "Desativou" in chief.get(f"/cadastros/agentes/{agent_id}").text
        # Gone is not deleted.
        assert send(chief, f"/cadastros/agentes/{agent_id}/excluir").status_code == 409
    assert instance.ticket(number).claimed_by is None
    assert instance.read(sessions.find, token, now=instance.now) is None
    assert instance.read(sessions.token_actor, key, now=instance.now) is None
    revoked = instance.read(
        lambda s: s.scalar(select(ApiToken.revoked_at).where(ApiToken.agent_id == agent_id))
    )
    assert revoked is not None


def test_nobody_locks_everybody_out(instance: Instance):
    with instance.client("chefe") as chief:
        boss = instance.read(lambda s: s.scalar(select(Agent.id).where(Agent.login == "chefe")))
        refused = send(chief, f"/cadastros/agentes/{boss}/desativar")
        assert refused.status_code == 409
        assert "o seu próprio acesso" in refused.text
        path = f"/cadastros/agentes/{boss}"
        own = {"name": "Clara Reis", "email": "chefe@op.example", "profile": "atendente"}
        refused = send(chief, path, version=version_of(chief, path), **own)
        assert refused.status_code == 409
        assert "possa tudo" in refused.text


def test_an_agent_limited_to_sectors_sees_those_and_what_is_handed_over(instance: Instance):
    number = instance.opened()
    sector = instance.ticket(number).sector_id
    with instance.client("chefe") as chief:
        agent_id, _ = agent(instance, chief, sectors=["JUR", "FIS"])
        page = chief.get(f"/cadastros/agentes/{agent_id}").text
        assert page.count("checked") >= 2
    assert sector not in instance.read(sessions.agent_actor, agent_id).sectors
    token = instance.write(sessions.start, "agent", agent_id, now=instance.now)
    with instance.client(None) as client:
        client.cookies.set("ponte_agent", token)
        assert client.get(f"/central/{number}").status_code == 404
        instance.write(lambda s: setattr(s.get(Ticket, number), "assignee_id", agent_id))
        assert client.get(f"/central/{number}").status_code == 200
        instance.write(lambda s: setattr(s.get(Ticket, number), "assignee_id", None))
        assert client.get(f"/central/{number}").status_code == 404


def test_a_provider_is_written_checked_and_found(instance: Instance):
    with instance.client("chefe") as chief:
        wrong = {"code": "N0", "name": "", "document": "11.111.111/1111-11", "cnes": "12"}
        refused = send(chief, "/cadastros/prestadores/novo", email="não é", **wrong)
        assert refused.status_code == 422
        for field in ("name", "document", "cnes", "email"):
            assert f'href="#{field}"' in refused.text
        record = provider(
            instance, chief, name="Oncovida São José", document="99.abc.001/0001-57",
            type="Hospital geral", cnes="1234567", city="Betim", state="MG", email="a@onco.example",
        )  # fmt: skip
        row = instance.read(lambda s: s.get(Provider, record))
        assert (row.document, row.sort_name) == ("99ABC001000157", "oncovida sao jose")
        known = instance.read(
            lambda s: s.scalars(
                select(KnownAddress.value).where(KnownAddress.provider_id == record)
            ).all()
        )
        assert known == ["a@onco.example"]
        for said in ("jose onco", row.code.lower(), "99ABC001", "99.ABC.001/0001-57"):
            found = chief.get("/cadastros/prestadores", params={"q": said}).text
            assert "Oncovida São José" in found, said
        assert "Oncovida" not in chief.get("/cadastros/prestadores?q=inexistente").text
        address = {"provider": row.code, "label": "Sede", "street": "Rua A, 1", "city": "Betim"}
        for state, status in (("", 422), ("MG", 303)):
            sent = send(chief, "/cadastros/enderecos/novo", state=state, **address)
            assert sent.status_code == status
        terms = {"provider": row.code, "classification": "GLO", "days": "3", "unit": "business"}
        for more, status in (
            ({"attention": "5"}, 422),
            ({"attention": "1", "subclassification": "LOT.1"}, 422),
            ({"attention": "1", "subclassification": "GLO.1"}, 303),
        ):
            assert send(chief, "/cadastros/prazos/novo", **terms, **more).status_code == status
        page = chief.get(f"/cadastros/prestadores/{record}").text
        assert "Sede" in page
        assert ">Glosa<" in page
        [terms_page] = re.findall(r'"(/cadastros/prazos/[0-9]+)"', page)
        assert "<h1>Glosa</h1>" in chief.get(terms_page).text


def test_a_file_is_shown_line_by_line_and_then_imported(instance: Instance):
    lines = "code;name;document;city\nC1;Clínica Um;99.ABC.001/0001-57;Betim\nC2;;123;\n"
    with instance.client("chefe") as chief:
        token = csrf(chief.get("/cadastros/prestadores/importar"))

        def plan(text: str) -> httpx.Response:
            file = {"file": ("p.csv", text.encode(), "text/csv")}
            return chief.post("/cadastros/prestadores/importar", data={"csrf": token}, files=file)

        assert "Errado" in plan(lines).text
        # Who speaks for it stands in the file too, with the address that tells them apart.
        for wrong, said in (
            ("Rita;;", "E-mail: falta"),
            (";r@c1.example;Nenhum", "Tipo: não existe"),
        ):
            assert said in plan(f"code;name;person;email;type\nC1;Clínica Um;{wrong}\n").text
        right = plan(
            "code;name;person;email;type\nC1;Clínica Um;Rita;r@c1.example;Hospital geral\n"
        )
        assert "Pessoa" in right.text
        assert (
            instance.read(lambda s: s.scalar(select(Provider).where(Provider.code == "C1"))) is None
        )


def people(instance: Instance, client: httpx.Client, record: int, **form: Any) -> httpx.Response:
    given = {"name": "Rita", "email": f"rita{record}@clinica.example", "role": "manager"}
    return send(
        client, f"/cadastros/prestadores/{record}/pessoas", **(given | {"scope": "all"} | form)
    )


def invited(instance: Instance, email: str) -> list[str]:
    rows = instance.read(
        lambda s: s.scalars(
            select(Outbox).where(Outbox.notice == "invitation").order_by(Outbox.id)
        ).all()
    )
    return [str(row.data["link"]) for row in rows if row.address == email]


def test_an_invitation_waits_is_sent_again_is_accepted(instance: Instance):
    with instance.client("chefe") as chief:
        record = provider(instance, chief)
        email = f"rita{record}@clinica.example"
        for wrong in ({"name": ""}, {"email": "x"}, {"role": "rei"}):
            assert people(instance, chief, record, **wrong).status_code == 422
        assert people(instance, chief, record).status_code == 303
        path = f"/cadastros/prestadores/{record}/pessoas"
        assert "Convidado" in chief.get(path).text
        assert people(instance, chief, record).status_code == 422
        member = instance.read(
            lambda s: s.scalar(select(Membership).where(Membership.provider_id == record))
        )
        assert send(chief, f"{path}/{member.id}/convidar").status_code == 303
        old, new = invited(instance, email)
        with httpx.Client(base_url=instance.url, timeout=60) as rita:
            assert rita.get(httpx.URL(old).path).status_code == 410
            page = rita.get(httpx.URL(new).path)
            sent = rita.post(
                httpx.URL(new).path,
                data={"csrf": csrf(page), "password": "cavalo correto bateria grampo"},
            )
            assert sent.status_code == 303
            assert rita.get("/fale-conosco").status_code == 200
            assert "Entrou" in chief.get(path).text
            send(chief, f"{path}/{member.id}/convidar")
            assert len(invited(instance, email)) == 2
            part = {"role": "member", "scope": "own"}
            assert send(chief, f"{path}/{member.id}/gravar", **part).status_code == 303
            assert send(chief, f"{path}/{member.id}/gravar", role="x").status_code == 422
            assert send(chief, f"{path}/{member.id}/desativar").status_code == 303
            assert rita.get("/fale-conosco").status_code == 303
        assert "Desativado" in chief.get(path).text
        person = instance.read(lambda s: s.get(Person, member.person_id))
        assert not person.active
        history = chief.get(f"/cadastros/prestadores/{record}").text
        assert history.count("Convidou") == 2
        assert "Mudou pessoa" in history


def test_a_person_who_comes_back_is_invited_as_if_new(instance: Instance):
    with instance.client("chefe") as chief, httpx.Client(base_url=instance.url, timeout=60) as rita:
        record = provider(instance, chief)
        email = f"rita{record}@clinica.example"
        people(instance, chief, record)
        (first,) = invited(instance, email)
        accept(rita, first, "cavalo correto bateria grampo")
        member = instance.read(
            lambda s: s.scalar(select(Membership).where(Membership.provider_id == record))
        )
        key = Passkey(
            person_id=member.person_id, credential=email, public_key="p", sign_count=0,
            name="Recepção", created_at=instance.now,
        )  # fmt: skip
        instance.write(lambda s: s.add(key))
        path = f"/cadastros/prestadores/{record}/pessoas"
        assert send(chief, f"{path}/{member.id}/desativar").status_code == 303
        assert people(instance, chief, record).status_code == 303
        page = chief.get(path).text
        assert "Convidado" in page
        assert "Entrou" not in page
        assert instance.read(passkeys.find, "person", email) is None
        old = {"csrf": csrf(rita.get("/?com=senha")), "email": email}
        refused = rita.post("/", data=old | {"password": "cavalo correto bateria grampo"})
        assert "não conferem" in refused.text
        # The invitation may be sent once more, and its link asks for a password.
        assert send(chief, f"{path}/{member.id}/convidar").status_code == 303
        accept(rita, invited(instance, email)[-1], "mesa azul de canto")
        assert "Entrou" in chief.get(path).text


def accept(client: httpx.Client, link: str, password: str) -> None:
    place = httpx.URL(link).path
    sent = client.post(place, data={"csrf": csrf(client.get(place)), "password": password})
    assert sent.status_code == 303
    assert client.get("/fale-conosco").status_code == 200


def test_a_revoked_invitation_opens_nothing(instance: Instance):
    with instance.client("chefe") as chief:
        record = provider(instance, chief)
        people(instance, chief, record)
        member = instance.read(
            lambda s: s.scalar(select(Membership.id).where(Membership.provider_id == record))
        )
        path = f"/cadastros/prestadores/{record}/pessoas/{member}"
        assert send(chief, f"{path}/desativar").status_code == 303
        (link,) = invited(instance, f"rita{record}@clinica.example")
        with httpx.Client(base_url=instance.url, timeout=60) as rita:
            assert rita.get(httpx.URL(link).path).status_code == 410
        assert send(chief, f"{path}/inventar").status_code == 404
        assert send(chief, f"{path}9/desativar").status_code == 404
        assert chief.get(f"/cadastros/agentes/{record}/pessoas").status_code == 404
        assert chief.get("/cadastros/prestadores/999999/pessoas").status_code == 404


def test_only_who_has_the_right_invites(instance: Instance):
    with instance.client("chefe") as chief:
        record = provider(instance, chief)
    with instance.client("ana") as ana:
        page = ana.get(f"/cadastros/prestadores/{record}/pessoas")
        assert page.status_code == 200
        assert "Enviar convite" not in page.text
        assert people(instance, ana, record).status_code == 403
    with instance.client("leo") as leo:
        assert leo.get(f"/cadastros/prestadores/{record}/pessoas").status_code == 403


def test_a_token_is_listed_and_taken_back(instance: Instance):
    key = instance.write(sessions.add_token, "Painel da TI", "ana", now=instance.now)
    token_id = instance.read(sessions.token_actor, key, now=instance.now).id
    with instance.client("chefe") as chief:
        assert "Painel da TI" in chief.get("/cadastros/tokens").text
        for _ in range(2):
            assert send(chief, f"/cadastros/tokens/{token_id}/revogar").status_code == 303
        assert send(chief, "/cadastros/tokens/999999/revogar").status_code == 404
    assert instance.read(sessions.token_actor, key, now=instance.now) is None
    logged = instance.read(
        lambda s: s.scalars(select(Log.action).where(Log.action == "token_revoked")).all()
    )
    assert logged == ["token_revoked"]
    with instance.client("ana") as ana:
        assert send(ana, f"/cadastros/tokens/{token_id}/revogar").status_code == 403
        assert "Revogar" not in ana.get("/cadastros/tokens").text
