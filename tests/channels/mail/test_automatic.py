import pytest

from channels.mail.parse import parse
from tests.channels.mail.samples import letter, sample


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ausencia", "out-of-office"),
        ("recibo-de-leitura", "read-receipt"),
        ("denuncia-de-spam", "feedback-report"),
        ("lista", "list"),
        ("bounce-rfc3464", "bounce"),
        ("bounce-informal", "bounce"),
        ("bounce-portugues", "bounce"),
        ("atrasada", "delayed"),
    ],
)
def test_machines_are_told_apart(name: str, kind: str):
    assert parse(sample(name)).automatic == kind


@pytest.mark.parametrize(
    ("headers", "body", "kind"),
    [
        ({"Auto_Submitted": "auto-generated"}, "x", "auto-reply"),
        ({"Auto_Submitted": "no"}, "x", None),
        ({"X_Autoreply": "yes"}, "x", "auto-reply"),
        ({"Precedence": "auto_reply"}, "x", "auto-reply"),
        ({"Precedence": "bulk"}, "x", "list"),
        ({"X_Loop": "yes"}, "x", "auto-reply"),
        ({"X_Auto_Response_Suppress": "All"}, "x", "auto-reply"),
        ({"Subject": "Automatic reply: Guia"}, "x", "auto-reply"),
        ({"Subject": "Resposta automática: Guia"}, "Estou em férias até dia 3.", "out-of-office"),
        ({"Subject": "Fora do escritório: Guia"}, "Estou ausente.", "out-of-office"),
        ({"Subject": "Ausência temporária"}, "Estarei ausente até sexta.", "out-of-office"),
        ({"Auto_Submitted": "auto-replied (vacation)"}, "x", "out-of-office"),
        ({"Subject": "Licença médica do paciente"}, "Segue o pedido.", None),
        ({"Subject": "Férias coletivas"}, "Informamos o calendário.", None),
        ({"Subject": "Confirmação de recebimento da guia"}, "Podem confirmar?", None),
        ({"Subject": "Enc: Undelivered Mail Returned to Sender"}, "Recebi isto, e agora?", None),
        ({"Subject": "Mensagem não entregue ao paciente"}, "O que fazemos?", None),
        ({"X_MS_Exchange_Inbox_Rules_Loop": "a@b.example"}, "Texto.", None),
        ({}, "Texto.", None),
    ],
)
def test_headers_and_subjects(headers: dict[str, str], body: str, kind: str | None):
    assert parse(letter(body, **headers)).automatic == kind


def person(subject: str, body: str, **headers: str) -> str | None:
    given = {
        "From": "Marina Alves <marina@clinica.example>",
        "To": "atendimento@operadora.example",
        "Subject": subject,
        "Message-ID": "<a@clinica.example>",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return parse(f"{head}\r\n{body}".encode()).automatic


ORIGINAL = "\n-----Mensagem original-----\nDe: x\nAssunto: y\n\noi"


@pytest.mark.parametrize("path", ["<>", "<marina@clinica.example>"])
@pytest.mark.parametrize(
    ("subject", "body", "headers"),
    [
        ("Falha no envio do XML", "Não foi possível enviar o lote, erro 550." + ORIGINAL, {}),
        ("Erro de entrega dos lotes", "Mensagem rejeitada pelo portal, código 5.1.1.", {}),
        ("Mensagem devolvida", "A guia foi devolvida e recusada.", {}),
        ("Glosa", "Usuário desconhecido, 550 5.1.1, paciente não existe.", {}),
        (
            "Re: Undelivered Mail Returned to Sender",
            "Voltou.\n\n> 550 5.1.1 User unknown",
            {"References": "<a@b>"},
        ),
        (
            "Fwd: Undelivered Mail Returned to Sender",
            "Vejam:\n\n550 5.1.1 User unknown\nReceived: from x",
            {},
        ),
        ("ENC: Não entregue: guia", "O retorno não foi entregue.", {}),
        (
            "E-mail recusado",
            "Recusado com 550 5.7.1\n\n----- Original message -----\nReceived: from x",
            {"User_Agent": "Mozilla Thunderbird"},
        ),
        ("Glosa do lote 18", "Estarei de férias até dia 10; respondam à Carla.", {}),
    ],
)
def test_a_person_who_speaks_of_failures_and_absences_is_a_person(
    subject: str, body: str, headers: dict[str, str], path: str
):
    """Also when the mail was redirected, which leaves its return path empty."""
    assert person(subject, body, Return_Path=path, **headers) is None


@pytest.mark.parametrize("subject", ["Recesso da clínica", "Licença do médico", "Férias"])
def test_a_person_may_announce_an_absence(subject: str):
    """What answers nothing and comes from somebody was written by them."""
    assert person(subject, "Estaremos em recesso de 23/12 a 2/1.") is None
    assert person(subject, "Estaremos em recesso.", Return_Path="<>") == "out-of-office"


@pytest.mark.parametrize(
    ("subject", "body", "headers", "kind"),
    [
        ("Resposta automática: Protocolo 1", "Estou fora.", {}, "auto-reply"),
        ("Fora do escritório", "Estarei fora do escritório até 10/12.", {}, "out-of-office"),
        ("Ausência temporária", "Encontro-me ausente até 10/12.", {}, "out-of-office"),
        ("Estou de férias", "Estou de férias e retorno em 10/12.", {}, "out-of-office"),
        ("Férias: Re: Protocolo 1", "Estou de férias.", {}, "out-of-office"),
        ("Ausente", "Estarei ausente.", {"In_Reply_To": "<a@b>"}, "out-of-office"),
        ("Fuera de la oficina", "Estoy fuera de la oficina.", {}, "out-of-office"),
        ("Out of Office: x", "I am out of the office.", {}, "out-of-office"),
        ("Auto Re: Protocolo 1", "Obrigado.", {}, "auto-reply"),
        ("Re: Protocolo 1", "Estou de férias.", {"Precedence": "bulk"}, "out-of-office"),
        ("Re: x", "Ok.", {"X_Apple_Action": "vacation"} | {"Auto_Submitted": "auto-replied"},
         "out-of-office"),
        ("Re: x", "Ok.", {"Auto_Submitted": "auto-replied (vacation)"}, "out-of-office"),
        ("Re: x", "Ok.", {"X_Autoreply": "yes"}, "auto-reply"),
    ],
)  # fmt: skip
def test_programs_of_absent_people(subject: str, body: str, headers: dict[str, str], kind: str):
    assert person(subject, body, **headers) == kind


def test_an_answer_that_another_ponte_carries_is_a_persons():
    assert person("Re: Glosa", "Segue.", X_Ponte_Id="<a.b@outra.example>") is None
