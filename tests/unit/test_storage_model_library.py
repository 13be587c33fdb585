from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import Paths
from tests.builders import gguf_bytes, write_gguf


@pytest.fixture
def library(paths: Paths) -> Iterator[ModelLibrary]:
    library = ModelLibrary(paths)
    yield library
    library.close()


def test_a_linked_file_stays_where_it_lies(library: ModelLibrary, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf")
    model = library.add(path)
    assert (model.name, model.path) == ("tiny", str(path))
    assert model.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert library.models() == [model]
    library.remove(model.path)
    assert library.models() == []
    assert path.is_file()


def test_files_of_one_name_get_names_of_their_own(library: ModelLibrary, paths: Paths, tmp_path: Path) -> None:
    for folder, architecture in (("a", "llama"), ("b", "gemma3"), ("c", "llama")):
        (tmp_path / folder).mkdir()
        write_gguf(tmp_path / folder / "m.gguf", architecture)
    names = [library.add(tmp_path / folder / "m.gguf", copy=True).name for folder in "abc"]
    assert names == ["m", "m (2)", "m"]  # the third is the first again
    assert sorted(p.name for p in paths.models.iterdir()) == ["m (2).gguf", "m.gguf"]


def test_cancelling_a_copy_leaves_nothing_behind(library: ModelLibrary, paths: Paths, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf")
    with pytest.raises(AppError) as caught:
        library.add(path, copy=True, progress=lambda _fraction: False)
    assert caught.value.info.kind is ErrorKind.CANCELLED
    assert list(paths.models.iterdir()) == []
    assert library.models() == []


def test_a_model_is_found_by_name_by_path_and_by_nothing(library: ModelLibrary, tmp_path: Path) -> None:
    first = library.add(write_gguf(tmp_path / "alpha.gguf"))
    second = library.add(write_gguf(tmp_path / "beta.gguf", "gemma3"))
    assert library.find("alpha") == first
    assert library.find("BET") == second
    assert library.find(str(tmp_path / "beta.gguf")) == second
    assert library.find(None) == first
    assert library.find(None, last_used=second.path) == second
    (tmp_path / "loose.gguf").write_bytes(gguf_bytes())
    assert library.find(str(tmp_path / "loose.gguf")).sha256 == ""


def test_a_model_whose_file_is_gone_is_not_chosen_by_itself(library: ModelLibrary, tmp_path: Path) -> None:
    gone = library.add(write_gguf(tmp_path / "alpha.gguf"))
    (tmp_path / "alpha.gguf").unlink()
    with pytest.raises(AppError) as caught:
        library.find(None, last_used=gone.path)
    assert caught.value.info.kind is ErrorKind.NO_MODEL


@pytest.mark.parametrize("name", ["nobody", "", None])
def test_nothing_found_is_a_sentence(library: ModelLibrary, name: str | None) -> None:
    with pytest.raises(AppError) as caught:
        library.find(name)
    assert caught.value.info.advice
