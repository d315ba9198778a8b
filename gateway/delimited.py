"""Files of delimited text that Excel opens as it is set up in Brazil (RFC 4180 but for the `;`)."""

import csv
import io

#: the byte order mark by which Excel knows UTF-8
MARK = "\ufeff"
#: what a spreadsheet would take for a formula, or let slip into the cell beside it
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(value: object) -> str:
    """A cell that stays what it says."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def as_text(value: object) -> str:
    """Digits a spreadsheet must not round: it keeps fifteen of a number's twenty."""
    text = "" if value is None else str(value)
    return f'="{text}"' if text.isascii() and text.isdigit() else safe(text)


def written(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    return out.getvalue()
