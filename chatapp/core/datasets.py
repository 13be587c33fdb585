"""Reads a file of examples, whatever its format, line by line; what can't be used is told with its line.

Formats, detected by content: JSONL and a JSON array of the records in dataset_records.py, CSV with the same names as
columns, and plain text, whose paragraphs are packed into pieces that are learnt as they are.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chatapp.core import data_sentences as sentences
from chatapp.core.data_report import LineProblem
from chatapp.core.dataset_records import RECORD_COLUMNS, Record, record_of
from chatapp.core.dataset_texts import paragraphs, pieces
from chatapp.core.errors import AppError, error
from chatapp.core.examples import TrainingText

MOST_FILE_BYTES = 2 << 30
MOST_LINE_BYTES = 16 << 20
MOST_PROBLEMS = 100
_BOM = b"\xef\xbb\xbf"
_HEAD_BYTES = 1 << 16
_TEXT_ENDINGS = (".txt", ".md", ".markdown", ".text")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """line: where it begins, from 1; key: the same for examples that are equal but for case and spaces; group: the same
    for those that begin with the same question."""

    text: TrainingText
    line: int
    key: bytes
    group: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """problems: the first MOST_PROBLEMS of n_problems."""

    format: str
    sha256: str
    examples: tuple[Example, ...]
    problems: tuple[LineProblem, ...]
    n_problems: int


Progress = Callable[[float], None]
Found = Iterator[tuple[int, Record | AppError]]
"""(line, what is there)"""


def read_dataset(path: Path, *, piece_bytes: int = 1500, progress: Progress = lambda _: None) -> Dataset:
    """All examples of a file. piece_bytes: how long a piece of plain text may be; progress: is told the fraction that
    is read, and may raise to end it.

    Raises AppError(BAD_INPUT) where the file can't be read or nothing in it can be used.
    """
    size = check_file(path)
    try:
        with path.open("rb") as stream:
            reader = _Reader(stream, size, progress)
            head = stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
            kind, found = _detected(path, head, reader, piece_bytes)
            dataset = _gathered(kind, found)
            sha256 = reader.sha256()
    except OSError as problem:
        raise error(sentences.DATA_UNREADABLE, path=path, reason=problem.strerror or problem) from problem
    if not dataset.examples:
        if not dataset.problems:
            raise error(sentences.DATA_EMPTY, path=path)
        first = dataset.problems[0].problem.message
        raise error(sentences.DATA_NOTHING_USABLE, path=path, count=dataset.n_problems, first=first)
    return Dataset(
        format=dataset.format,
        sha256=sha256,
        examples=dataset.examples,
        problems=dataset.problems,
        n_problems=dataset.n_problems,
    )


def check_file(path: Path) -> int:
    """The size of an ordinary file with something in it, and not too much. Raises AppError(BAD_INPUT)."""
    try:
        facts = path.stat()
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise error(sentences.DATA_UNREADABLE, path=path, reason=reason) from problem
    if not stat.S_ISREG(facts.st_mode):
        raise error(sentences.DATA_UNREADABLE, path=path, reason="it is not an ordinary file")
    if facts.st_size > MOST_FILE_BYTES:
        size, limit = f"{facts.st_size / 1e9:.1f} GB", f"{MOST_FILE_BYTES / 1e9:.1f} GB"
        raise error(sentences.DATA_TOO_LARGE, path=path, size=size, limit=limit)
    if facts.st_size == 0:
        raise error(sentences.DATA_EMPTY, path=path)
    return facts.st_size


class _Reader:
    """The lines of a file, hashed as they go by."""

    def __init__(self, stream: io.BufferedReader, size: int, progress: Progress) -> None:
        self._stream, self._size, self._progress = stream, max(size, 1), progress
        self._digest, self._n_read, self._told = hashlib.sha256(), 0, 0.0

    def lines(self) -> Iterator[bytes]:
        """Without the mark of byte order; of a line that is too long one byte more than is allowed."""
        is_first = True
        while line := self._read(MOST_LINE_BYTES + 1):
            rest = line
            while len(rest) > MOST_LINE_BYTES and not rest.endswith(b"\n"):
                rest = self._read(MOST_LINE_BYTES + 1)
            yield line.removeprefix(_BOM) if is_first else line
            is_first = False

    def sha256(self) -> str:
        while self._read(1 << 20):
            pass
        return self._digest.hexdigest()

    def _read(self, most: int) -> bytes:
        data = self._stream.readline(most)
        self._digest.update(data)
        self._n_read += len(data)
        fraction = self._n_read / self._size
        if fraction >= self._told + 0.01:
            self._told = fraction
            self._progress(min(fraction, 1.0))
        return data


def _detected(path: Path, head: bytes, reader: _Reader, piece_bytes: int) -> tuple[str, Found]:
    """(the format's name, what is in the file)"""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise error(sentences.DATA_UTF16, path=path)
    text = head.removeprefix(_BOM).decode("utf-8", "replace").lstrip()
    ending = path.suffix.lower()
    if text.startswith("[") and (ending == ".json" or text[1:].lstrip()[:1] in ("{", "]")):
        return "json", _json_array(reader)
    if text.startswith("{") or ending in (".jsonl", ".ndjson", ".json"):
        return "jsonl", _json_lines(reader)
    if ending not in _TEXT_ENDINGS and (columns := _columns(text)):
        names, delimiter = columns
        if RECORD_COLUMNS & set(names):
            return "csv", _csv_rows(reader, delimiter)
        if ending in (".csv", ".tsv"):
            raise error(sentences.DATA_COLUMNS_UNKNOWN, path=path, columns=", ".join(names)[:200])
    return "text", _texts(reader, piece_bytes)


def _gathered(kind: str, found: Found) -> Dataset:
    examples: list[Example] = []
    problems: list[LineProblem] = []
    n_problems = 0
    record_kind = ""
    for line, what in found:
        if isinstance(what, Record):
            record_kind = record_kind or what.kind
            examples.append(Example(text=what.text, line=line, key=_key(what.text), group=_group(what.text)))
            continue
        n_problems += 1
        if len(problems) < MOST_PROBLEMS:
            problems.append(LineProblem(line=line, problem=what.info))
    name = f"{kind}-{record_kind}" if kind in ("json", "jsonl") and record_kind else kind
    return Dataset(format=name, sha256="", examples=tuple(examples), problems=tuple(problems), n_problems=n_problems)


def _json_lines(reader: _Reader) -> Found:
    for number, data in enumerate(reader.lines(), start=1):
        if not data.strip():
            continue
        try:
            yield number, record_of(_parsed(data, number), number)
        except AppError as problem:
            yield number, problem


def _parsed(data: bytes, line: int) -> object:
    if len(data) > MOST_LINE_BYTES:
        raise error(sentences.LINE_TOO_LONG, line=line, limit=f"{MOST_LINE_BYTES >> 20} MB")
    try:
        return json.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise error(sentences.LINE_NOT_UTF8, line=line) from None
    except json.JSONDecodeError as problem:
        reason = f"{problem.msg} at character {problem.colno}"
        raise error(sentences.LINE_NOT_JSON, line=line, reason=reason) from None
    except (RecursionError, ValueError) as problem:  # deep nesting; a number of thousands of digits
        raise error(sentences.LINE_NOT_JSON, line=line, reason=str(problem)[:200]) from None


def _json_array(reader: _Reader) -> Found:
    """Elements are read one after another, so that a broken one is told with its line; what follows it is lost."""
    data = b"".join(reader.lines())
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        yield line, error(sentences.LINE_NOT_UTF8, line=line)
        return
    decoder, at, line, counted = json.JSONDecoder(), text.index("[") + 1, 1, 0
    while True:
        at = _past_spaces(text, at)
        line, counted = line + text.count("\n", counted, at), at
        if text[at : at + 1] == "]":
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError, ValueError) as problem:
            where = text.count("\n", 0, problem.pos) + 1 if isinstance(problem, json.JSONDecodeError) else line
            reason = problem.msg if isinstance(problem, json.JSONDecodeError) else str(problem)[:200]
            yield where, error(sentences.LINE_NOT_JSON, line=where, reason=reason)
            return
        try:
            yield line, record_of(value, line)
        except AppError as problem:
            yield line, problem
        at = _past_spaces(text, at)
        if text[at : at + 1] not in (",", "]"):
            line += text.count("\n", counted, at)
            yield line, error(sentences.LINE_NOT_JSON, line=line, reason="a comma or the end of the list is missing")
            return
        at += text[at] == ","


def _past_spaces(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


def _columns(text: str) -> tuple[list[str], str] | None:
    """(names, delimiter) as far as the first line has several columns or a known one."""
    first = text.partition("\n")[0].strip("\r")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        names = [name.strip().lower() for name in next(csv.reader([first], delimiter=delimiter), [])]
    except csv.Error:
        return None
    return (names, delimiter) if len(names) > 1 or RECORD_COLUMNS & set(names) else None


def _csv_rows(reader: _Reader, delimiter: str) -> Found:
    csv.field_size_limit(MOST_LINE_BYTES)
    lines = (line.decode("utf-8", "surrogateescape") for line in reader.lines())
    rows = csv.reader(lines, delimiter=delimiter)
    names: Sequence[str] | None = None
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows, None)
            if row is None:
                return
            if not any(cell.strip() for cell in row):
                continue
            if names is None:
                names = [name.strip().lower() for name in row]
                continue
            yield line, record_of(_row_values(names, row, line), line)
        except csv.Error as problem:
            yield line, error(sentences.LINE_NOT_CSV, line=line, reason=problem)
        except AppError as problem:
            yield line, problem


def _row_values(names: Sequence[str], row: Sequence[str], line: int) -> dict[str, object]:
    if any("\udc80" <= letter <= "\udcff" for cell in row for letter in cell):
        raise error(sentences.LINE_NOT_UTF8, line=line)
    if len(row) != len(names):
        raise error(sentences.LINE_NOT_CSV, line=line, reason=f"it has {len(row)} values for {len(names)} columns")
    return dict(zip(names, row, strict=True))


def _texts(reader: _Reader, piece_bytes: int) -> Found:
    good: list[tuple[int, str]] = []
    for number, data in enumerate(reader.lines(), start=1):
        if len(data) > MOST_LINE_BYTES:
            yield number, error(sentences.LINE_TOO_LONG, line=number, limit=f"{MOST_LINE_BYTES >> 20} MB")
            continue
        try:
            good.append((number, data.decode("utf-8")))
        except UnicodeDecodeError:
            yield number, error(sentences.LINE_NOT_UTF8, line=number)
    for number, text in pieces(paragraphs(good), piece_bytes):
        yield number, Record(kind="text", text=TrainingText(text=text))


def _key(text: TrainingText) -> bytes:
    return _hash([f"{message.role.value} {message.text}" for message in text.messages] or [text.text])


def _group(text: TrainingText) -> bytes:
    """The same first question, whatever instructions, answers and further questions are around it, stays together."""
    asked = next((message.text for message in text.messages if message.role == "user"), None)
    return _hash([asked]) if asked is not None else _key(text)


def _hash(texts: Sequence[str]) -> bytes:
    parts = (" ".join(text.casefold().split()) for text in texts)
    return hashlib.blake2b("\0".join(parts).encode("utf-8"), digest_size=16).digest()
