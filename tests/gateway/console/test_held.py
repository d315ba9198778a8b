"""Held mail: shown, judged, placed. The rows are what intake leaves behind."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.console import judging
from helpdesk.models import Held, InboundRaw
from tests.gateway.console.served import Instance, send

RAW = b"""From: Luciana <luciana.pessoal@mail.example>\r
To: atendimento@op.example\r
Subject: Re: Protocolo\r
Message-ID: <1@mail.example>\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
<p>O lote <b>0112</b> chegou?</p><script>alert(1)</script>\r
--b\r
Content-Type: application/pdf; name=capa.pdf\r
Content-Disposition: attachment; filename=capa.pdf\r
\r
%PDF-1.4\r
--b--\r
"""


@pytest.fixture
def held(instance: Instance) -> str:
    number = instance.opened()
    sha256 = instance.runtime.blobs.put(RAW)
    instance.serial += 1
    public_id = f"{instance.serial:032x}"

    def hold(session: Session) -> None:
        raw = InboundRaw(
            arrival=f"smtp:{public_id}",
            recipients=[],
            sha256=sha256,
            size=len(RAW),
            received_at=instance.now,
            thread_key=public_id,
            state="held",
        )
        session.add(raw)
        session.flush()
        session.add(
            Held(
                public_id=public_id,
                raw_id=raw.id,
                received_at=instance.now,
                channel="mail",
                mailbox="atendimento@op.example",
                sender="luciana.pessoal@mail.example",
                subject="Re: Protocolo",
                reason="not-a-participant",
                suggestion=number,
                trace=["verdict verified", f"subject-protocol {number}: stranger"],
            )
        )

    instance.write(hold)
    return public_id


def row(instance: Instance, public_id: str) -> Held:
    return instance.read(lambda s: s.scalar(select(Held).where(Held.public_id == public_id)))


def test_it_says_why_it_is_held_and_shows_the_message_safely(instance: Instance, held: str):
    with instance.client() as client:
        page = client.get(f"/central/quarentena/{held}").text
        assert "Retida: não participa do chamado" in page
        assert "O lote 0112 chegou?" in page
        assert "capa.pdf" in page
        assert "Remetente verificado" in page
        assert "Quem escreve não participa dele." in page
        assert f"Anexar ao {row(instance, held).suggestion}" in page
        html = client.get(f"/central/quarentena/{held}/html")
        assert "<script" not in html.text
        assert "sandbox" in html.headers["content-security-policy"]
        assert client.get(f"/central/quarentena/{held}/original").content == RAW
        assert client.get("/central/quarentena/" + "f" * 32).status_code == 404
        assert "Re: Protocolo" in client.get("/central/quarentena").text


def test_it_is_attached_to_a_ticket_that_exists(instance: Instance, held: str):
    suggestion = row(instance, held).suggestion
    path = f"/central/quarentena/{held}/anexar"
    with instance.client() as client:
        wrong = send(client, path, number="987654321")
        assert wrong.status_code == 422
        assert "não existe ou não pode ser usado" in wrong.text.lower()
        assert send(client, path, number="abc").status_code == 422
        done = send(client, path, number=str(suggestion))
        assert done.status_code == 303
        assert (
            "Decisão gravada: a mensagem está a caminho"
            in client.get(done.headers["location"]).text
        )
    assert row(instance, held).placed_number == suggestion


def test_a_ticket_is_opened_for_the_provider_found(instance: Instance, held: str):
    with instance.client() as client:
        found = client.get(f"/central/quarentena/{held}?prestador=aurora").text
        assert "Laboratório Aurora" in found
        path = f"/central/quarentena/{held}/abrir"
        assert send(client, path, provider="NADA").status_code == 422
        assert send(client, path, provider="P2").status_code == 303
    assert row(instance, held).placed_provider_id is not None


def test_spam_is_settled_and_judging_again_queues_it(instance: Instance, held: str):
    with instance.client() as client:
        assert send(client, f"/central/quarentena/{held}/tentar").status_code == 303
        raw_id = row(instance, held).raw_id
        state = instance.read(lambda s: s.get(InboundRaw, raw_id).state)
        assert state == "waiting"
        for _ in range(2):  # a double click is one decision
            assert send(client, f"/central/quarentena/{held}/spam").status_code == 303
        assert row(instance, held).state == "spam"
        assert "Re: Protocolo" in client.get("/central/quarentena?estado=spam").text


def test_what_cannot_be_read_any_more_is_said(instance: Instance, held: str):
    instance.runtime.blobs.delete(sha256_of(instance, held))
    with instance.client() as client:
        page = client.get(f"/central/quarentena/{held}").text
        assert "O conteúdo não está disponível" in page
        assert client.get(f"/central/quarentena/{held}/html").status_code == 404


def test_pages_of_the_quarantine_and_odd_addresses(instance: Instance, held: str):
    with instance.client() as client:
        assert client.get("/central/quarentena?estado=nada&antes=x").status_code == 200
        assert client.get(f"/central/quarentena?antes={10**30}").status_code == 200
        unknown = "e" * 32
        for path in ("html", "original"):
            assert client.get(f"/central/quarentena/{unknown}/{path}").status_code == 404
        for path in ("anexar", "abrir", "tentar", "spam"):
            answer = send(
                client, f"/central/quarentena/{unknown}/{path}", number="1", provider="P1"
            )
            assert answer.status_code == 404


def sha256_of(instance: Instance, public_id: str) -> str:
    raw_id = row(instance, public_id).raw_id
    return instance.read(lambda s: s.get(InboundRaw, raw_id).sha256)


def test_steps_of_the_judgement_have_words():
    trace = ["verdict failed: dmarc-fail", "reply-token 7: participant", "provider 3", "outra"]
    told = judging.steps([*trace, "forged 8"], {3: "Vila Serena"})
    assert [(s.title, s.text, s.kind, s.score) for s in told] == [
        ("Código de resposta no endereço", "Chamado 7. Participa do chamado", "ok", 100),
        ("Message-ID nosso, assinado", "Não havia.", "no", 0),
        ("Protocolo no assunto", "Não havia.", "no", 0),
        ("Message-ID da conversa", "Não havia.", "no", 0),
        (
            "Autenticação",
            "Remetente não confere: reprovado pelo DMARC do domínio",
            "exp",
            None,
        ),
        ("Prestador", "Vila Serena", "no", None),
        ("outra", "", "no", None),
        ("Imita um código nosso e diz ser do chamado", "8", "exp", None),
    ]
    [broken] = judging.steps(["defect unreadable"], {})
    assert broken.text == "Só parte da mensagem pôde ser lida do servidor"
