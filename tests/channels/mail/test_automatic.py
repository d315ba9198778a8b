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
