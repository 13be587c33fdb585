from __future__ import annotations

import os
from pathlib import Path

import pytest

from chatapp.core.errors import AppError
from chatapp.core.model_file import checked_header, checked_model
from chatapp.core.models import size_text
from tests.builders import gguf_bytes, write_gguf, write_spm_vocabulary
from tests.gguf_files import INT32, STRING, UINT16, GgufFile, tiny_model


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (98_362_432, "98.4 MB"), (4_700_000_000, "4.7 GB")],
)
def test_sizes_as_file_managers_write_them(size: int, text: str) -> None:
    assert size_text(size) == text


def refusal(path: Path) -> str:
    with pytest.raises(AppError) as caught:
        checked_model(str(path))
    return caught.value.info.message


def test_what_is_no_model_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "empty.gguf").touch()
    (tmp_path / "foreign.gguf").write_bytes(b"PK\x03\x04 not a model")
    (tmp_path / "short.gguf").write_bytes(b"GG")
    (tmp_path / "cut.gguf").write_bytes(gguf_bytes()[:-100])
    os.mkfifo(tmp_path / "pipe.gguf")
    assert "no file" in refusal(tmp_path / "missing.gguf")
    assert "is a folder" in refusal(tmp_path)
    assert "is empty" in refusal(tmp_path / "empty.gguf")
    assert "not a GGUF file" in refusal(tmp_path / "foreign.gguf")
    assert "cut short" in refusal(tmp_path / "short.gguf")
    assert "cut short" in refusal(tmp_path / "cut.gguf")
    assert "a pipe" in refusal(tmp_path / "pipe.gguf")
    assert "can't be read" in refusal(tmp_path / ("x" * 300))
    assert "not valid UTF-8" in refusal(tmp_path / "caf\udce9.gguf")


def test_a_whole_file_is_accepted(tmp_path: Path) -> None:
    assert checked_header(str(write_gguf(tmp_path / "a.gguf"))).facts().architecture == "llama"


def test_what_is_no_text_model_is_refused_in_words(tmp_path: Path) -> None:
    for key, value, words in (
        ("general.architecture", "clip", "pictures or sound"),
        ("general.architecture", "martian", "martian, is unknown"),
        ("general.type", "adapter", "LoRA adapter"),
        ("tokenizer.ggml.model", "abacus", "damaged: its tokenizer 'abacus' is unknown"),
    ):
        file = tiny_model()
        file.set(key, STRING, value)
        assert words in refusal(file.write(tmp_path / "other.gguf"))
    vocabulary = write_spm_vocabulary(tmp_path / "vocabulary.gguf", ["hello"])
    assert "only the vocabulary" in refusal(vocabulary)
    assert checked_header(str(vocabulary)).tensors == {}


def parts(count: int = 3) -> list[GgufFile]:
    """A tiny model in several files, as llama-gguf-split makes them."""
    whole = tiny_model()
    files = [whole.copy(), *(GgufFile() for _ in range(count - 1))]
    for number, file in enumerate(files):
        file.set("split.no", UINT16, number)
        file.set("split.count", UINT16, count)
        file.set("split.tensors.count", INT32, len(whole.tensors))
        file.tensors = whole.tensors[number::count]
    return files


def test_a_model_in_parts_is_checked_as_a_whole(tmp_path: Path) -> None:
    files = parts()
    paths = [tmp_path / f"m-{number:05d}-of-00003.gguf" for number in (1, 2, 3)]
    for file, path in zip(files, paths, strict=True):
        file.write(path)
    assert len(checked_model(str(paths[0])).tensors) == len(tiny_model().tensors)
    assert "is part 2 of a model in 3 files" in refusal(paths[1])
    files[0].write(tmp_path / "renamed.gguf")
    assert "does not end in -00001-of-00003.gguf" in refusal(tmp_path / "renamed.gguf")
    files[1].write(paths[2])
    assert "its part 3 says it is part 2" in refusal(paths[0])
    paths[2].unlink()
    assert f"no file at {paths[2]}" in refusal(paths[0])
    files[2].tensors.pop()
    files[2].write(paths[2])
    assert "tensors are in its parts" in refusal(paths[0])
    files[2].tensors = files[1].tensors
    files[2].write(paths[2])
    assert "in two of its parts" in refusal(paths[0])
