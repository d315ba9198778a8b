import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.filenames import LONGEST, made_up, safe


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.pdf", "a.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a.pdf\0.exe", "a.pdf.exe"),
        ("   ", ""),
        ("..", ""),
        ("Documentac\u0327a\u0303o.pdf", "Documentação.pdf"),
    ],
)
def test_names_are_safe_to_show_store_and_send(written: str, shown: str):
    assert safe(written) == shown


@given(st.text(max_size=400))
def test_no_name_leaves_its_folder(name: str):
    shown = safe(name)
    assert len(shown) <= LONGEST
    assert not set(shown) & set('/\\<>:"|?*\0\n\r')
    assert shown not in {".", ".."}


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("application/pdf", "attachment-2.pdf"),
        ("image/jpeg", "image-2.jpg"),
        ("video/quicktime", "video-2.mov"),
        ("message/rfc822", "message-2.eml"),
        ("message/delivery-status", "delivery-status.txt"),
        ("text/calendar", "calendar.ics"),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "attachment-2.bin",
        ),
        ("", "attachment-2.bin"),
    ],
)
def test_a_file_without_a_name_is_called_by_what_it_is(content_type: str, name: str):
    assert made_up(content_type, 2) == name
