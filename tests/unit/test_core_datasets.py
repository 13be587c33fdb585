"""Files of examples, good and bad: each bad one is a sentence with its line."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from chatapp.core import datasets
from chatapp.core.chat import Role
from chatapp.core.datasets import Dataset, read_dataset
from chatapp.core.errors import AppError, ErrorKind, error
from chatapp.core.sentences import CANCELLED

GOOD = '{"prompt": "p", "completion": "c"}'


def read(folder: Path, content: str | bytes, name: str = "data.jsonl", **options: int) -> Dataset:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_dataset(path, **options)


def said(dataset: Dataset, place: int = 0) -> list[tuple[str, str]]:
    return [(message.role.value, message.text) for message in dataset.examples[place].text.messages]


PAIR = [("user", "hi"), ("assistant", "yo")]
SYSTEM = [("system", "Be."), *PAIR]


@pytest.mark.parametrize(
    ("name", "content", "format", "expected"),
    [
        ("a.jsonl", '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": " yo\\n"}]}',
         "jsonl-messages", PAIR),
        ("a.json", '[\n {"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "yo"}]}\n]',
         "json-sharegpt", PAIR),
        ("a.jsonl", '{"instruction": "hi", "input": "you", "output": "yo"}', "jsonl-alpaca",
         [("user", "hi\n\nyou"), ("assistant", "yo")]),
        ("a.jsonl", '{"prompt": "hi", "completion": "yo", "system": "Be."}', "jsonl-prompt", SYSTEM),
        ("data", '{"question": "hi", "answer": "yo"}', "jsonl-question", PAIR),
        ("a.csv", "prompt,completion\nhi,yo\n", "csv", PAIR),
        ("a.tsv", "Question\tAnswer\nhi\tyo\n", "csv", PAIR),
        ("data", 'instruction;input;output\n"hi";"";"yo"\n', "csv", PAIR),
        ("a.jsonl", b"\xef\xbb\xbf" + b'{"question": "hi", "answer": "yo"}\r\n', "jsonl-question", PAIR),
        ("a.csv", b"\xef\xbb\xbfquestion,answer\r\nhi,yo\r\n", "csv", PAIR),
    ],
)  # fmt: skip
def test_formats_are_known_by_content(
    tmp_path: Path, name: str, content: str | bytes, format: str, expected: list[tuple[str, str]]
) -> None:
    dataset = read(tmp_path, content, name)
    assert (dataset.format, said(dataset), dataset.n_problems) == (format, expected, 0)
    assert dataset.sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()


def test_lines_of_records_are_those_of_the_file(tmp_path: Path) -> None:
    assert [e.line for e in read(tmp_path, f"{GOOD}\n\n{GOOD}\nx\n{GOOD}").examples] == [1, 3, 5]
    array = '[{"prompt": "a", "completion": "b"},\n\n  {"prompt": "c",\n "completion": "d"}, {"text": "e"}]'
    assert [e.line for e in read(tmp_path, array, "a.json").examples] == [1, 3, 4]
    table = 'question,answer\n"two\nlines",x\nnext,y\n'
    assert [e.line for e in read(tmp_path, table, "a.csv").examples] == [2, 4]


def test_text_is_packed_by_paragraphs(tmp_path: Path) -> None:
    text = "one\n\ntwo\nlines\n\n\n" + "word " * 100 + "\n\n空" * 30
    dataset = read(tmp_path, text, "a.txt", piece_bytes=100)
    assert dataset.format == "text"
    pieces = [example.text.text for example in dataset.examples]
    assert pieces[0] == "one\n\ntwo\nlines"
    assert max(len(piece.encode()) for piece in pieces) <= 100
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert [example.line for example in dataset.examples][:2] == [1, 7]


def test_even_a_text_of_one_long_word_is_divided(tmp_path: Path) -> None:
    pieces = [e.text.text for e in read(tmp_path, "空" * 100, "a.md", piece_bytes=8).examples]
    assert "".join(pieces) == "空" * 100
    assert {len(piece) for piece in pieces} == {2}


MESSAGES = '{"messages": %s}'
U, A, S = ('{"role": "%s", "content": "x"}' % role for role in ("user", "assistant", "system"))  # noqa: UP031
BAD = [
    ("not JSON", "Line 2 is not valid JSON"),
    ('{"prompt": "p", "completion": "c"', "Line 2 is not valid JSON"),
    ("[" * 100_000, "Line 2 is not valid JSON"),
    ('{"n": ' + "9" * 5000 + "}", "Line 2"),
    ("[1, 2]", "Line 2 holds no JSON object"),
    ("null", "Line 2 holds no JSON object"),
    ('{"prompt": "p"}', "Line 2 lacks the keys"),
    ("{}", "Line 2 lacks the keys"),
    ('{"prompt": "p", "completion": 7}', "In line 2 the value of completion is not text"),
    ('{"prompt": null, "completion": "c"}', "In line 2 the value of prompt is not text"),
    ('{"instruction": "i", "input": [1], "output": "o"}', "In line 2 the value of input is not text"),
    ('{"prompt": "p", "completion": "  "}', "In line 2 the value of completion is empty"),
    (MESSAGES % '"hi"', "In line 2 the value of messages is no list"),
    (MESSAGES % "[]", "In line 2 the value of messages is no list"),
    (MESSAGES % '[{"role": "user"}]', "In line 2 message 1 has no text under role, content"),
    (MESSAGES % f"[{U}, 3]", "In line 2 message 2 has no text"),
    (MESSAGES % f'[{U}, {{"role": "tool", "content": "x"}}]', "In line 2 message 2 is from tool"),
    (MESSAGES % f'[{U}, {{"role": "assistant", "content": ""}}]', "In line 2 message 2 is empty"),
    (MESSAGES % f"[{A}, {U}]", "In line 2 the first message is already a reply"),
    (MESSAGES % f"[{S}, {A}]", "In line 2 the first message is already a reply"),
    (MESSAGES % f"[{U}, {A}, {A}]", "In line 2 message 3 has the same role as the one before, assistant"),
    (MESSAGES % f"[{U}, {S}, {A}]", "In line 2 message 2 is a system prompt after"),
    (MESSAGES % f"[{S}, {U}]", "Line 2 has no reply"),
    ('{"conversations": [{"from": "human", "value": 3}]}', "In line 2 message 1 has no text under from, value"),
    ('{"prompt": "\\ud800", "completion": "c"}', "Line 2 has half a character"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "sentence"), BAD)
def test_a_bad_line_is_a_sentence_and_the_others_are_used(tmp_path: Path, bad: str, sentence: str) -> None:
    dataset = read(tmp_path, f"{GOOD}\n{bad}\n{GOOD}\n")
    assert [example.line for example in dataset.examples] == [1, 3]
    (problem,) = dataset.problems
    assert problem.line == 2
    assert problem.problem.message.startswith(sentence)
    assert problem.problem.hint
    with pytest.raises(AppError, match=r"[lL]ine 2") as caught:
        read(tmp_path, f"\n{bad}\n")
    assert caught.value.info.kind is ErrorKind.BAD_INPUT


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.jsonl", GOOD.encode() + b"\n\xff\xfe{}\n", "Line 2 is not valid UTF-8"),
        ("a.csv", b"question,answer\nok,ok\n\xff,b\n", "Line 3 is not valid UTF-8"),
        ("a.csv", b"question,answer\nok,ok\na,b,c\n", "Line 3 can't be read as CSV: it has 3 values for 2 columns"),
        ("a.csv", b"question,answer\nok,ok\na,\n", "In line 3 the value of answer is empty"),
        ("a.txt", b"fine\n\xff\n", "Line 2 is not valid UTF-8"),
        ("a.json", f"[{GOOD},\n {GOOD}\n {GOOD}]".encode(), "Line 3 is not valid JSON: a comma"),
        ("a.json", f"[{GOOD},\n {{]".encode(), "Line 2 is not valid JSON"),
        ("a.json", f"[{GOOD},\n 4]".encode(), "Line 2 holds no JSON object"),
        ("a.json", f"[{GOOD},\n".encode(), "Line 2 is not valid JSON"),
    ],
)
def test_other_bad_files_are_sentences_too(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    dataset = read(tmp_path, content, name)
    assert dataset.examples
    assert [p.problem.message.startswith(sentence) for p in dataset.problems] == [True], dataset.problems


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.jsonl", b"", "line 1"),
        ("a.txt", b"\n \n", "line 1"),
        ("a.jsonl", "\ufeff{}".encode("utf-16"), "Line 1"),
        ("a.csv", b"name,age\nx,3\n", "Line 1 of .* name, age"),
        ("a.csv", b"question,answer\n", "line 1"),
        ("a.json", b'{\n "data": []\n}', "Line 1"),
        ("a.json", b"[]", "line 1"),
    ],
)
def test_a_file_without_anything_usable_is_refused(tmp_path: Path, name: str, content: bytes, word: str) -> None:
    with pytest.raises(AppError, match=word) as caught:
        read(tmp_path, content, name)
    assert caught.value.info.kind is ErrorKind.BAD_INPUT


def test_what_is_no_ordinary_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, word in (("pipe", "not an ordinary file"), (".", "not an ordinary file"), ("none", "No such file")):
        with pytest.raises(AppError, match=word):
            read_dataset(tmp_path / name)
    monkeypatch.setattr(datasets, "MOST_FILE_BYTES", 10)
    with pytest.raises(AppError, match="at most"):
        read(tmp_path, GOOD)


def test_a_huge_line_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "MOST_LINE_BYTES", 1000)
    dataset = read(tmp_path, f"{GOOD}\n{GOOD[:-1]}{' ' * 5000}}}\n{GOOD}\n")
    assert [example.line for example in dataset.examples] == [1, 3]
    assert dataset.problems[0].problem.message.startswith("Line 2 is longer than")


def test_problems_are_all_counted_and_a_hundred_kept(tmp_path: Path) -> None:
    dataset = read(tmp_path, f"{GOOD}\n" + "bad\n" * 250)
    assert (dataset.n_problems, len(dataset.problems)) == (250, 100)


def test_equal_but_for_case_and_spaces_is_the_same_and_other_answers_are_one_group(tmp_path: Path) -> None:
    pairs = [("Hi  there", "Yo"), ("hi there", "yo "), ("hi there", "no"), ("bye", "yo")]
    lines = [json.dumps({"prompt": asked, "completion": reply}) for asked, reply in pairs]
    examples = read(tmp_path, "\n".join(lines)).examples
    assert [len({getattr(e, name) for e in examples}) for name in ("key", "group")] == [3, 2]
    assert examples[0].key == examples[1].key != examples[2].key
    assert examples[0].group == examples[2].group
    assert all(m.role in (Role.USER, Role.ASSISTANT) for e in examples for m in e.text.messages)


def test_conversations_that_begin_with_the_same_question_are_one_group(tmp_path: Path) -> None:
    asked, reply, more = ({"role": role, "content": role} for role in ("user", "assistant", "user"))
    system = {"role": "system", "content": "be brief"}
    more = more | {"content": "and then?"}
    talks = [[asked, reply], [system, asked, reply], [asked, reply, more, reply], [more, reply]]
    examples = read(tmp_path, "\n".join(json.dumps({"messages": talk}) for talk in talks)).examples
    assert [example.group == examples[0].group for example in examples] == [True, True, True, False]
    assert len({example.key for example in examples}) == 4


def test_reading_can_be_ended(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(f"{GOOD}\n" * 1000)
    told: list[float] = []

    def on_progress(fraction: float) -> None:
        told.append(fraction)
        if fraction > 0.5:
            raise error(CANCELLED)

    with pytest.raises(AppError, match="Cancelled"):
        read_dataset(path, progress=on_progress)
    assert told == sorted(told)
    assert len(told) > 10
