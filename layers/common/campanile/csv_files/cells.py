"""Guards cells that a spreadsheet would run as formulas. Reading a guarded cell gives it back unchanged.

OWASP "CSV Injection": a cell that begins with = + - @ TAB, CR or LF gets an apostrophe, which a spreadsheet reads as
"this is text". Phone numbers in E.164 are the exception, because people must be able to use them.
"""

import csv
import io
import re
from collections.abc import Iterable

_BEGINNINGS = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"  # the last four are full-width = + - @
_FORMULA = re.compile(f"'*{_BEGINNINGS}")
_GUARDED = re.compile(f"'+{_BEGINNINGS}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def guarded(cell: str) -> str:
    """The cell as it is written."""
    return f"'{cell}" if _FORMULA.match(cell) and not _E164.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before it was guarded."""
    return cell[1:] if _GUARDED.match(cell) else cell


def line(cells: Iterable[str]) -> str:
    """One record of a CSV file, guarded and quoted where needed, with its line end (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([guarded(cell) for cell in cells])
    return text.getvalue()
