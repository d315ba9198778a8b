import re
import threading
from pathlib import Path

import pytest

from channels.mail.config import Server
from channels.mail.servers import dns_server
from gateway.settings import Settings, SettingsError, load, names, secret_keys
from tests.doubles.keys import rsa_key

KEY = "k" * 32
POSTGRES = {"PONTE_DATABASE__URL": "postgresql://u@db/ponte", "PONTE_SECRET_KEY": KEY}


def problems(**environ: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load({f"PONTE_{name}": value for name, value in environ.items()})
    return dict(line.split(": ", 1) for line in str(caught.value).splitlines())


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_set_gives_the_documented_defaults():
    settings = load({"HOME": "/root"})
    assert settings.database.file == Path("data/ponte.db")
    assert settings.blobs.url == "file:data/blobs"
    assert settings.web.public_url == "http://127.0.0.1:8000"
    assert settings.insurer.timezone.key == "America/Sao_Paulo"
    assert (settings.mail.address, settings.mail.relay, settings.mail.boxes) == (None, None, ())
    assert settings.telegram.token is None


def test_names_are_those_of_the_contract():
    contract = {
        "PONTE_DATABASE__URL", "PONTE_BLOBS__URL", "PONTE_SECRET_KEY", "PONTE_SECRET_KEYS",
        "PONTE_WEB__HOST", "PONTE_WEB__PORT", "PONTE_WEB__PUBLIC_URL",
        "PONTE_WEB__TRUSTED_PROXIES", "PONTE_WEB__INTERNAL_LISTEN", "PONTE_INSURER__NAME",
        "PONTE_INSURER__ANS_REGISTRATION", "PONTE_INSURER__PROTOCOL_TEMPLATE",
        "PONTE_INSURER__TIMEZONE", "PONTE_INSURER__STATE", "PONTE_INSURER__CITY",
        "PONTE_MAIL__ADDRESS", "PONTE_MAIL__REPLY_ADDRESS", "PONTE_MAIL__SMTP_LISTEN",
        "PONTE_MAIL__LMTP_LISTEN", "PONTE_MAIL__IMAP_URL", "PONTE_MAIL__RELAY_URL",
        "PONTE_MAIL__AUTHSERV_ID", "PONTE_MAIL__UNVERIFIED", "PONTE_TELEGRAM__TOKEN",
        "PONTE_TELEGRAM__BASE_URL", "PONTE_TELEGRAM__MODE", "PONTE_SMS__URL",
        "PONTE_RECORDS__SOURCE",
    }  # fmt: skip
    assert contract <= set(names())


def test_the_environment_wins_over_the_file_setting_by_setting(empty_folder: Path):
    config = empty_folder / "elsewhere.toml"
    config.write_text('[web]\nhost = "0.0.0.0"\nport = 9000\n[insurer]\nname = "Vida Plena"\n')
    settings = load({"PONTE_CONFIG": str(config), "PONTE_WEB__PORT": "9001"})
    assert settings.web.public_url == "http://0.0.0.0:9001"
    assert settings.insurer.name == "Vida Plena"


def test_ponte_toml_of_the_working_directory_is_read(empty_folder: Path):
    (empty_folder / "ponte.toml").write_text(
        '[mail]\naddress = "Central@vidaplena.test"\n'
        "[[mail.mailboxes]]\n"
        'address = "contas@vidaplena.test"\nimap_url = "imaps://u:a%40b@mail.test/Contas"\n'
        'sector = "CM"\nafter = "move"\nsince = 2026-11-01T00:00:00-03:00\n'
    )
    first, second = load({}).mail.boxes
    assert first.address == "central@vidaplena.test"
    assert second.imap == Server("mail.test", 993, "tls", "u", "a@b", "Contas")
    assert (second.sector, second.after) == ("CM", "move")


def test_mailboxes_may_stand_in_the_environment_as_json():
    boxes = load({"PONTE_MAIL__MAILBOXES": '[{"address": "contas@vidaplena.test"}]'}).mail.boxes
    assert [box.address for box in boxes] == ["contas@vidaplena.test"]


def test_any_setting_may_come_from_a_file(empty_folder: Path):
    (empty_folder / "token").write_text("123:abc\n")
    settings = load({"PONTE_TELEGRAM__TOKEN_FILE": "token"})
    assert settings.telegram.token
    assert settings.telegram.token.get_secret_value() == "123:abc"


def test_an_empty_variable_is_not_set():
    assert load({"PONTE_MAIL__ADDRESS": "", "PONTE_WEB__PORT": ""}).web.port == 8000


def test_lists_take_blanks_and_commas():
    settings = load({"PONTE_WEB__TRUSTED_PROXIES": "10.0.0.0/8, ::1/128 192.168.1.1"})
    assert [str(network) for network in settings.web.trusted_proxies] == [
        "10.0.0.0/8",
        "::1/128",
        "192.168.1.1/32",
    ]


def test_sizes_take_units():
    assert load({"PONTE_LIMITS__MESSAGE_SIZE": "20MiB"}).limits.message_size == 20 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("MAIL__ADRESS", "x", "did you mean PONTE_MAIL__ADDRESS?"),
        ("FOO", "1", "is no setting"),
        ("WEB__PORT", "http", "valid integer"),
        ("WEB__PORT", "65536", "less than or equal to 65535"),
        ("WEB__PUBLIC_URL", "https://ponte.test/app", "without a path"),
        ("WEB__TRUSTED_PROXIES[0]", "10.0.0.1/8", "network"),
        ("WEB__INTERNAL_LISTEN", "9090", "host:port"),
        ("DATABASE__URL", "mysql://x", "sqlite:///FILE or postgresql://"),
        ("DATABASE__URL", "sqlite://", "sqlite:///FILE"),
        ("DATABASE__URL", "sqlite:///:memory:", "a file"),
        ("BLOBS__URL", "/data/blobs", "file:DIRECTORY"),
        ("SECRET_KEY", "short", "at least 16"),
        ("INSURER__ANS_REGISTRATION", "41999", "pattern"),
        ("INSURER__PROTOCOL_TEMPLATE", "{date:%Y%m%d}", "{seq}"),
        ("INSURER__TIMEZONE", "Brasilia", "timezone"),
        ("INSURER__STATE", "XX", "should be 'AC'"),
        ("INSURER__CITY", "Campinas", "PONTE_INSURER__STATE"),
        ("MAIL__ADDRESS", "Central <central@vidaplena.test>", "address like"),
        ("MAIL__REPLY_ADDRESS", "central@{domain}", "{token} once"),
        ("MAIL__REPLY_ADDRESS", "{local}+{token}+{token}@{domain}", "{token} once"),
        ("MAIL__REPLY_ADDRESS", "{nome}+{token}@{domain}", "only {local} and {domain}"),
        ("MAIL__IMAP_URL", "imaps://u:p@mail.test", "needs PONTE_MAIL__ADDRESS"),
        ("MAIL__IMAP_URL", "imaps://mail.test", "no user"),
        ("MAIL__IMAP_URL", "smtp://u:p@mail.test", "imap:// or imaps://"),
        ("MAIL__RELAY_URL", "smtp://u@mail.test", "no password, and PONTE_MAIL__OAUTH__"),
        ("MAIL__OAUTH__TOKEN_URL", "http://login.test/token", "https://"),
        ("MAIL__RESOLVER", "dns.test", "system or ADDRESS:PORT"),
        ("MAIL__RESOLVER", "127.0.0.1:x", "system or ADDRESS:PORT"),
        ("MAIL__DKIM_KEY", "x", "needs PONTE_MAIL__DKIM_SELECTOR"),
        ("MAIL__DKIM_SELECTOR", "a b", "pattern"),
        ("MAIL__RELAY_URL", "imap://mail.test", "smtp:// or smtps://"),
        ("MAIL__RELAY_URL", "smtp://", "no host"),
        ("MAIL__SMTP_LISTEN", "2525", "host:port"),
        ("MAIL__LMTP_LISTEN", "unix:", "unix:PATH"),
        ("MAIL__UNVERIFIED", "maybe", "'accept' or 'hold'"),
        ("MAIL__MAILBOXES", "[{", "[[mail.mailboxes]]"),
        ("TELEGRAM__MODE", "push", "'polling' or 'webhook'"),
        ("SMS__URL", "https://sms.test", "sends no SMS"),
        ("LIMITS__REQUESTS_PER_MINUTE", "0", "greater than or equal to 1"),
        ("RECORDS__SOURCE", "sql", "its own tables"),
    ],
)
def test_a_wrong_setting_is_named_with_the_reason(name: str, value: str, reason: str):
    found = problems(**{name.partition("[")[0]: value})
    assert list(found) == [f"PONTE_{name}"]
    assert reason in found[f"PONTE_{name}"]


def test_every_problem_is_told_at_once():
    found = problems(WEB__PORT="x", MAIL__ADDRESS="x", TELEGRAM__MODE="x", NOTHING="x")
    assert list(found) == [
        "PONTE_NOTHING",
        "PONTE_WEB__PORT",
        "PONTE_MAIL__ADDRESS",
        "PONTE_TELEGRAM__MODE",
    ]


def test_unknown_names_in_the_file_are_told_like_those_of_the_environment(empty_folder: Path):
    (empty_folder / "ponte.toml").write_text('[mail]\nrelay = "smtp://127.0.0.1"\n[foo]\na = 1\n')
    found = problems()
    assert "did you mean PONTE_MAIL__RELAY_URL?" in found["PONTE_MAIL__RELAY"]
    assert found["PONTE_FOO"] == "is no setting"


@pytest.mark.parametrize("text", ["[mail", "mail = \x80"])
def test_a_file_that_cannot_be_read_is_named(empty_folder: Path, text: str):
    (empty_folder / "ponte.toml").write_bytes(text.encode("latin-1"))
    assert "ponte.toml" in problems()["PONTE_CONFIG"]


def test_a_missing_file_is_named():
    assert problems(CONFIG="none.toml") == {"PONTE_CONFIG": "none.toml: No such file or directory"}
    assert "No such file" in problems(SECRET_KEY_FILE="none")["PONTE_SECRET_KEY_FILE"]


def test_a_value_and_a_file_for_it_are_one_too_many(empty_folder: Path):
    (empty_folder / "key").write_text(KEY)
    assert (
        "set one of the two"
        in problems(SECRET_KEY=KEY, SECRET_KEY_FILE="key")["PONTE_SECRET_KEY_FILE"]
    )


def test_secrets_stand_in_no_message_and_no_repr():
    secret = "s3nha-do-banco"
    with pytest.raises(SettingsError) as caught:
        load(
            {
                "PONTE_DATABASE__URL": f"mysql://u:{secret}@db/x",
                "PONTE_MAIL__RELAY_URL": f"http://u:{secret}@relay",
            }
        )
    assert secret not in str(caught.value)
    given = load(
        {
            "PONTE_DATABASE__URL": f"postgresql://u:{secret}@db/x",
            "PONTE_SECRET_KEYS": f"{secret}{KEY}",
            "PONTE_MAIL__ADDRESS": "central@vidaplena.test",
            "PONTE_MAIL__IMAP_URL": f"imaps://u:{secret}@mail.test",
            "PONTE_MAIL__RELAY_URL": f"smtps://u:{secret}@relay.test",
            "PONTE_TELEGRAM__TOKEN": secret,
        }
    )
    assert secret not in repr(given) + repr(given.mail.relay) + repr(given.mail.boxes[0].imap)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:2525", Server("127.0.0.1", 2525, "none")),
        ("smtp://localhost", Server("localhost", 25, "none")),
        ("smtp://[::1]", Server("::1", 25, "none")),
        ("smtp://relay.test", Server("relay.test", 587, "starttls")),
        ("smtp://u%40x:p%3A@relay.test:25", Server("relay.test", 25, "starttls", "u@x", "p:")),
        ("smtps://relay.test", Server("relay.test", 465, "tls")),
        ("smtps://127.0.0.1", Server("127.0.0.1", 465, "tls")),
    ],
)
def test_only_a_relay_on_this_host_goes_without_tls(url: str, server: Server):
    assert load({"PONTE_MAIL__RELAY_URL": url}).mail.relay == server


def test_a_local_part_that_leaves_no_room_for_the_token_stops_the_start():
    longest = "a" * 24
    assert load({"PONTE_MAIL__ADDRESS": f"{longest}@x.test"}).mail.address
    assert "64" in problems(MAIL__ADDRESS=f"{longest}a@x.test")["PONTE_MAIL__REPLY_ADDRESS"]
    short = {"MAIL__REPLY_ADDRESS": "r-{token}@{domain}", "MAIL__ADDRESS": f"{longest}a@x.test"}
    assert load({f"PONTE_{name}": value for name, value in short.items()}).mail.address
    boxes = f'[{{"address": "{longest}a@x.test"}}]'
    assert "64" in problems(MAIL__MAILBOXES=boxes)["PONTE_MAIL__MAILBOXES"]


def test_an_address_is_one_mailbox():
    boxes = '[{"address": "CENTRAL@x.test"}]'
    assert (
        "twice"
        in problems(MAIL__ADDRESS="central@x.test", MAIL__MAILBOXES=boxes)["PONTE_MAIL__MAILBOXES"]
    )


def test_strangers_are_held_once_trusted_results_tell_them_apart():
    assert load({}).mail.unverified == "accept"
    trusted = {"PONTE_MAIL__AUTHSERV_ID": "mx.vidaplena.test"}
    assert load(trusted).mail.unverified == "hold"
    assert load({**trusted, "PONTE_MAIL__UNVERIFIED": "accept"}).mail.unverified == "accept"


def test_a_key_is_made_beside_sqlite_and_kept(empty_folder: Path):
    settings = load({"PONTE_DATABASE__URL": f"sqlite:///{empty_folder}/dados/ponte.db"})
    (key,) = secret_keys(settings)
    kept = empty_folder / "dados" / "secret.key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert (secret_keys(settings), kept.read_bytes().strip()) == ((key,), key)
    assert [path.name for path in kept.parent.iterdir()] == ["secret.key"]


def test_processes_that_start_together_agree_on_one_key():
    settings, found = load({}), set[tuple[bytes, ...]]()
    threads = [threading.Thread(target=lambda: found.add(secret_keys(settings))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1


def test_postgres_needs_a_key_that_is_given():
    assert "only beside SQLite" in problems(DATABASE__URL="postgresql://u@db/x")["PONTE_SECRET_KEY"]
    assert secret_keys(load(POSTGRES)) == (KEY.encode(),)


def test_the_first_of_several_keys_signs():
    settings = load({"PONTE_SECRET_KEYS": f"{'n' * 32},{'o' * 32}"})
    assert secret_keys(settings) == (b"n" * 32, b"o" * 32)
    assert "first in the list" in problems(SECRET_KEY=KEY, SECRET_KEYS=KEY)["PONTE_SECRET_KEYS"]


def test_a_test_may_build_settings_from_parts():
    assert re.match("sqlite", Settings().database.url)


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("insurer", "protocol_template", "{ans:06}-{date:%Y%m%d}-{seq:08}"),
        ("insurer", "ans_registration", "419999"),
        ("mail", "smtp_listen", "[::1]:2525"),
        ("mail", "lmtp_listen", "unix:/run/ponte/lmtp"),
        ("mail", "lmtp_listen", "127.0.0.1:2424"),
        ("telegram", "base_url", "http://127.0.0.1:8081"),
        ("telegram", "mode", "webhook"),
        ("records", "source", "tables"),
        ("web", "internal_listen", "127.0.0.1:9090"),
    ],
)
def test_a_right_setting_is_taken_as_it_is(section: str, name: str, value: str):
    settings = load({f"PONTE_{section}__{name}".upper(): value})
    assert getattr(getattr(settings, section), name) == value


def test_a_city_stands_in_its_state():
    insurer = load({"PONTE_INSURER__STATE": "SP", "PONTE_INSURER__CITY": "Campinas"}).insurer
    assert (insurer.state, insurer.city) == ("SP", "Campinas")


def test_a_bot_api_server_has_a_web_address():
    assert "https://" in problems(TELEGRAM__BASE_URL="api.telegram.org")["PONTE_TELEGRAM__BASE_URL"]


def test_a_mailbox_is_checked_when_the_reply_address_is_wrong():
    found = problems(MAIL__REPLY_ADDRESS="x", MAIL__MAILBOXES='[{"address": "a@x.test"}]')
    assert list(found) == ["PONTE_MAIL__REPLY_ADDRESS"]


OAUTH = {
    "PONTE_MAIL__OAUTH__TOKEN_URL": "https://login.test/token",
    "PONTE_MAIL__OAUTH__CLIENT_ID": "app",
    "PONTE_MAIL__OAUTH__CLIENT_SECRET": "segredo",
}


def test_an_account_without_a_password_logs_in_by_oauth(empty_folder: Path):
    config = empty_folder / "ponte.toml"
    config.write_text(
        """
        [mail]
        address = "central@vidaplena.test"
        imap_url = "imaps://central@imap.test/INBOX"
        [mail.oauth]
        scope = "mail"
        client_id = "replaced"
        [[mail.mailboxes]]
        address = "contas@vidaplena.test"
        imap_url = "imaps://contas@imap.test/INBOX"
        [mail.mailboxes.oauth]
        token_url = "https://outro.test/token"
        client_id = "b"
        client_secret = "c"
        [[mail.mailboxes]]
        address = "glosas@vidaplena.test"
        imap_url = "imaps://glosas@imap.test/INBOX"
        """
    )
    mail = load(OAUTH).mail
    assert [box.oauth.client_id for box in mail.boxes] == ["app", "b", "app"]
    assert mail.oauth.scope == "mail"
    assert "segredo" not in repr(mail)


def test_a_mailbox_that_could_not_log_in_stops_the_start():
    boxes = '[{"address": "a@x.test", "imap_url": "imaps://a@imap.test"}]'
    found = problems(MAIL__MAILBOXES=boxes)
    assert "a has no password" in found["PONTE_MAIL__MAILBOXES"]


def test_half_of_an_oauth_account_is_told_what_it_lacks():
    found = problems(MAIL__OAUTH__CLIENT_ID="app")
    assert found == {"PONTE_MAIL__OAUTH": "needs token_url, client_secret too"}


def test_a_key_to_sign_with_needs_to_be_one():
    found = problems(
        MAIL__DKIM_KEY="x", MAIL__DKIM_SELECTOR="s1", MAIL__ADDRESS="central@vidaplena.test"
    )
    assert "private key in PEM" in found["PONTE_MAIL__DKIM_KEY"]


def test_the_signer_is_of_the_domain_of_the_address_unless_another_is_said():
    given = {
        "PONTE_MAIL__ADDRESS": "central@vidaplena.test",
        "PONTE_MAIL__DKIM_KEY": rsa_key().private,
        "PONTE_MAIL__DKIM_SELECTOR": "s1",
    }
    signer = load(given).mail.signer
    assert signer is not None
    assert signer.name == "s1._domainkey.vidaplena.test"
    other = load(given | {"PONTE_MAIL__DKIM_DOMAIN": "Grupo.test"}).mail.signer
    assert other is not None
    assert other.name == "s1._domainkey.grupo.test"
    assert load({}).mail.signer is None


@pytest.mark.parametrize(
    ("value", "server"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("localhost:5353", ("127.0.0.1", 5353)),
        ("[2001:db8::1]:54", ("2001:db8::1", 54)),
        ("2001:db8::1", ("2001:db8::1", 53)),
    ],
)
def test_the_dns_server_is_an_address(value: str, server: tuple[str, int]):
    assert load({"PONTE_MAIL__RESOLVER": value}).mail.resolver == value
    assert dns_server(value) == server


def test_the_system_may_name_the_dns_server():
    assert load({"PONTE_MAIL__RESOLVER": "system"}).mail.resolver == "system"
    assert load({}).mail.open_resolver() is None
