"""Reads records from the bytes of a CSV file, piece by piece. Reading can continue from any position that was kept.

Encoding and separator are found from the file. Memory is bounded for files of any size, and nothing is lost silently:
a file that cannot be read whole is refused. The error names the row and what to change, and quotes no cell.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

from campanile.csv_files.headers import fold, names_phone

HEAD_BYTES: Final = 65_536
"""How much of a file `begin` needs at least, unless the file is shorter."""
LONGEST_RECORD: Final = 1_000_000
"""Characters of one record with its line ends. A line is part of a record."""

_UTF8: Final = "utf-8"
_WINDOWS: Final = "windows-1252"
_DELIMITERS: Final = (",", ";", "\t")
_SEPARATOR_LINE: Final = re.compile(r'"?sep=([,;\t])"?[\r\n]*', re.IGNORECASE)
_BLANK: Final = "".join(_DELIMITERS) + '" \r\n'
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, _UTF8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")  # xlsx and ods are ZIP files, xls is OLE
_PIECE_BYTES: Final = 65_536
_SAVE_AS_UTF8: Final = 'save the file as UTF-8 ("CSV UTF-8" in Excel, "Unicode (UTF-8)" elsewhere)'


class CsvStructureError(ValueError):
    """The file cannot be read as contacts. The message says what to change. It quotes headers but no cells."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two records, with all that is needed to continue reading there.

    `offset` is in bytes. `records` counts those before it, with the header and blank ones, so the next one's row in a
    spreadsheet is `records + 1`. `encoding` is utf-8, utf-16-le, utf-16-be or windows-1252. With `only_ascii` no
    byte above 127 was seen: such a file may still turn out to be Windows-1252.
    """

    offset: int
    records: int
    encoding: str
    delimiter: str
    only_ascii: bool

    def to_item(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The position that was stored. Other attributes of the item are ignored."""
        return cls(
            int(item["offset"]), int(item["records"]), item["encoding"], item["delimiter"], bool(item["only_ascii"])
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One record, its cells stripped. `row` is the number a spreadsheet shows beside it: the first is 1."""

    row: int
    cells: tuple[str, ...]


def begin(head: bytes) -> tuple[Position, list[str]]:
    """Return the position after the header, and the header's cells.

    `head` is the whole file, or its beginning: at least HEAD_BYTES, more if the header is longer. The separator
    (comma, semicolon, tab) is the one that a `sep=` line names, else the one that gives a phone column, else the one
    that gives the most columns, in doubt the comma. Blank records above the header are skipped. Raises
    CsvStructureError.
    """
    start = _start(head)
    lines = _Lines([head[start.offset :]], start)
    source = iter(lines)
    first = next(source, "")
    separator = _SEPARATOR_LINE.fullmatch(first)
    if separator is not None:
        start = replace(start, offset=lines.offset, delimiter=separator[1])
    else:
        start = replace(start, delimiter=_choose_delimiter(_header_lines(first, source)))
    reader = Reader([head[start.offset :]], start)
    header = next((record.cells for record in reader if not _is_blank(record.cells)), None)
    if reader.position.offset == len(head) >= HEAD_BYTES:
        raise CsvStructureError(
            f'the first row does not end within {len(head):,} bytes: perhaps a closing quote (") is missing'
        )
    if header is None:
        raise CsvStructureError("the file is empty: its first row must name the columns, one of them 'phone'")
    return reader.position, list(header)


class Reader:
    """The records of a file from a position on, once. `blocks` begin at byte `position.offset` and have any size.

    Every record is yielded, blank ones too. Cells may have up to `csv.field_size_limit()` characters. Line ends in
    quotes are kept as written. Iterating raises CsvStructureError after it has yielded the records before. So an import
    of all or nothing reads the file to its end before writing.
    """

    def __init__(self, blocks: Iterable[bytes], position: Position) -> None:
        self._lines = _Lines(blocks, position)
        self._delimiter = position.delimiter
        self._behind = (position.offset, position.records, position.encoding, position.only_ascii)
        self._records = self._read(position.records)

    @property
    def position(self) -> Position:
        """The place after the record that was yielded last."""
        offset, records, encoding, only_ascii = self._behind
        return Position(offset, records, encoding, self._delimiter, only_ascii)

    def __iter__(self) -> Iterator[Record]:
        return self._records

    def _read(self, row: int) -> Iterator[Record]:
        lines = self._lines
        # Strict, because a forgotten closing quote would otherwise glue the following rows into one cell unseen.
        reader = csv.reader(lines, delimiter=self._delimiter, skipinitialspace=True, strict=True)
        try:
            for cells in reader:
                row += 1
                self._behind = (lines.offset, row, lines.encoding, lines.only_ascii)
                lines.begin_record(row + 1)
                yield Record(row, tuple([cell.strip() for cell in cells]))
        except csv.Error as error:
            raise CsvStructureError(_broken_record(row + 1, str(error))) from None


class _Lines:
    """The file's lines as text with their line ends. The attributes give the place after the last one taken."""

    def __init__(self, blocks: Iterable[bytes], position: Position) -> None:
        self.offset = position.offset
        self.encoding = position.encoding
        self.only_ascii = position.only_ascii
        self._blocks = blocks
        self.begin_record(position.records + 1)

    def begin_record(self, row: int) -> None:
        """The next line is the first one of this row."""
        self._row = row
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        wide = self.encoding.startswith("utf-16")
        pieces = _pieces(self._blocks)
        for line in self._split(_as_utf8(pieces, self.encoding) if wide else pieces):
            text = self._decode(line)
            self._length += len(text)
            if self._length > LONGEST_RECORD:
                raise self._too_long()
            if "\0" in text:
                raise CsvStructureError(f"row {self._row} has a NUL, which is no text: {_SAVE_AS_UTF8}")
            self.offset += len(text.encode(self.encoding)) if wide else len(line)
            yield text

    def _split(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        rest = bytearray()
        for piece in pieces:
            # A CR at the end of what we have may be half of a CRLF.
            ended = rest[-1:] == b"\r" or b"\n" in piece or b"\r" in piece
            rest += piece
            if ended:
                lines = bytes(rest).splitlines(keepends=True)
                rest.clear()
                if not lines[-1].endswith(b"\n"):
                    rest += lines.pop()
                yield from lines
            if len(rest) > 4 * LONGEST_RECORD:  # a character is at most four bytes
                raise self._too_long()
        if rest:
            yield bytes(rest)

    def _decode(self, line: bytes) -> str:
        if self.encoding != _WINDOWS:
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                if not (self.only_ascii and line[: error.start].isascii()):
                    raise self._undecodable() from None
                self.encoding = _WINDOWS  # what was read before is the same in Windows-1252
            else:
                self.only_ascii = self.only_ascii and line.isascii()
                return text
        self.only_ascii = False
        try:
            return line.decode(_WINDOWS)
        except UnicodeDecodeError:
            raise self._undecodable() from None

    def _undecodable(self) -> CsvStructureError:
        wanted = {_UTF8: "that is not UTF-8", _WINDOWS: "that is neither UTF-8 nor Windows-1252"}
        found = wanted.get(self.encoding, "that is cut in two (the file looks like UTF-16)")
        return CsvStructureError(f"row {self._row} has a character {found}: {_SAVE_AS_UTF8}")

    def _too_long(self) -> CsvStructureError:
        return CsvStructureError(
            f"row {self._row} is longer than {LONGEST_RECORD:,} characters: "
            'perhaps a closing quote (") or the line ends are missing'
        )


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield small pieces, because all lines of one piece are in memory together."""
    for block in blocks:
        for start in range(0, len(block), _PIECE_BYTES):
            yield block[start : start + _PIECE_BYTES]


def _as_utf8(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Rewrite UTF-16 as UTF-8. Broken characters become broken UTF-8, so they are found in their row."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for piece in pieces:
        yield decoder.decode(piece).encode(_UTF8, "surrogatepass")
    if decoder.getstate()[0]:
        yield b"\xff"


def _start(head: bytes) -> Position:
    """The position of the first record, its delimiter not yet known."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return Position(len(mark), 0, encoding, ",", only_ascii=False)
    sample = head[:HEAD_BYTES]
    if not sample.startswith(_WORKBOOKS):
        if b"\0" not in sample:
            return Position(0, 0, _UTF8, ",", only_ascii=True)
        pairs = len(sample) // 2
        even, odd = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
        # Digits, separators and line ends have a NUL in UTF-16, always on the same side.
        if 4 * odd >= pairs and 10 * even <= odd:
            return Position(0, 0, "utf-16-le", ",", only_ascii=False)
        if 4 * even >= pairs and 10 * odd <= even:
            return Position(0, 0, "utf-16-be", ",", only_ascii=False)
    raise CsvStructureError(
        'the file is a workbook or other binary data, not text: save it as CSV ("CSV UTF-8" in Excel)'
    )


def _header_lines(first: str, source: Iterator[str]) -> list[str]:
    """Return the lines up to the end of the header, which spans several lines if a name has line ends."""
    lines, quotes = [first], first.count('"')
    while not lines[-1].strip(_BLANK) or quotes % 2:
        try:
            line = next(source)
        except (StopIteration, CsvStructureError):
            break  # an error there is found when the row is read, and reported with it
        lines.append(line)
        quotes += line.count('"')
    return lines


def _is_blank(cells: Iterable[str]) -> bool:
    """Whether the line has only separators, of any kind."""
    return not "".join(cells).strip(_BLANK)


def _choose_delimiter(lines: Sequence[str]) -> str:
    def merit(delimiter: str) -> tuple[bool, int]:
        # Lenient: under the wrong delimiter quotes may stand anywhere.
        records = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        try:
            cells = next((cells for cells in records if not _is_blank(cells)), [])
        except csv.Error:
            return False, 0
        return any(names_phone(fold(cell)) for cell in cells), len(cells)

    return max(_DELIMITERS, key=merit)


def _broken_record(row: int, error: str) -> str:
    if "unexpected end of data" in error:
        return f'row {row}: a quote (") is opened and never closed: close it, or double it inside a cell ("")'
    if "expected after" in error:
        return f'row {row}: text follows a closing quote ("): one is missing, or not doubled inside a cell ("")'
    if "field limit" in error:
        limit = csv.field_size_limit()
        return f'row {row}: a cell is longer than {limit:,} characters: perhaps a closing quote (") is missing'
    return f"row {row} cannot be read as CSV: {error}"
