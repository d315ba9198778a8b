import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from channels.mail.archives import messages, size, split

MAIL = b"Subject: Guia\n\nOi\n"


def test_a_file_is_a_message(tmp_path: Path):
    file = tmp_path / "a.eml"
    file.write_bytes(MAIL)
    assert list(messages(file)) == [(str(file), MAIL)]
    assert size(file) == len(MAIL)


def test_an_mbox_is_cut_at_its_from_lines(tmp_path: Path):
    file = tmp_path / "caixa.mbox"
    file.write_bytes(
        b"From a@b Tue Nov 24 09:00:00 2026\n" + MAIL + b"\n"
        b"From c@d Tue Nov 24 09:01:00 2026\nSubject: 2\n\n>From mim\n>>From ti\nFrom dentro\n\n"
    )
    assert list(messages(file)) == [
        (f"{file}#1", MAIL),
        (f"{file}#2", b"Subject: 2\n\nFrom mim\n>From ti\nFrom dentro\n"),
    ]


def test_a_maildir_gives_what_was_delivered(tmp_path: Path):
    for name in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("cur/1:2,S", "new/2", "tmp/3", ".Sent/cur/4"):
        (tmp_path / name).write_bytes(MAIL)
    found = [Path(source).relative_to(tmp_path).as_posix() for source, _ in messages(tmp_path)]
    assert found == ["cur/1:2,S", "new/2", ".Sent/cur/4"]
    assert size(tmp_path) == 3 * len(MAIL)


def test_a_folder_gives_everything_below_it(tmp_path: Path):
    (tmp_path / "b").mkdir()
    for name in ("b/2.eml", "1.eml"):
        (tmp_path / name).write_bytes(MAIL)
    found = [Path(source).relative_to(tmp_path).as_posix() for source, _ in messages(tmp_path)]
    assert found == ["1.eml", "b/2.eml"]


def quoted(line: bytes) -> bytes:
    return b">" + line if line.lstrip(b">").startswith(b"From ") else line


LINE = st.sampled_from([b"", b"oi", b"From a", b">From a", b">>From b", b"Fromage", b"\xff\r"])


@given(st.lists(st.lists(LINE, min_size=1, max_size=8), max_size=4))
def test_what_an_mbox_writer_writes_is_read_again(mails: list[list[bytes]]):
    raws = [b"".join(line + b"\n" for line in lines) for lines in mails]
    written = b"".join(
        b"From x\n" + b"".join(quoted(line) + b"\n" for line in lines) + b"\n" for lines in mails
    )
    assert list(split(io.BytesIO(written))) == raws
