"""The adapters in the data folder."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import pytest

from chatapp.core.errors import AppError
from chatapp.storage.adapter_library import AdapterLibrary
from chatapp.storage.model_library import sha256_of
from chatapp.storage.paths import Paths
from tests.adapters import RANK, tiny_adapter
from tests.builders import write_gguf
from tests.gguf_files import FLOAT32


def test_an_adapter_is_copied_and_told_of(paths: Paths, tmp_path: Path) -> None:
    source = tiny_adapter(base="Little Llama").write(tmp_path / "warm.gguf")
    library = AdapterLibrary(paths)
    added = library.add(source)
    source.unlink()
    assert library.adapters() == [added]
    assert (added.name, added.path) == ("warm", str(paths.adapters / "warm.gguf"))
    assert (added.facts.architecture, added.facts.base) == ("llama", "Little Llama")
    assert (added.facts.rank, added.facts.alpha) == (RANK, 8.0)
    assert added.sha256 == sha256_of(Path(added.path))
    assert added.size_bytes == Path(added.path).stat().st_size
    assert abs(added.created_at - time.time()) < 60


def test_another_file_of_the_same_name_gets_a_number(paths: Paths, tmp_path: Path) -> None:
    library = AdapterLibrary(paths)
    for seed in (1, 2, 2, 3):
        library.add(tiny_adapter(seed=seed).write(tmp_path / "warm.gguf"))
    assert [adapter.name for adapter in library.adapters()] == ["warm", "warm (2)", "warm (3)"]
    assert len({adapter.sha256 for adapter in library.adapters()}) == 3


def test_what_lies_in_the_folder_is_not_copied(paths: Paths) -> None:
    paths.adapters.mkdir()
    own = tiny_adapter().write(paths.adapters / "own.gguf")
    library = AdapterLibrary(paths)
    assert library.add(own).path == str(own)
    assert len(library.adapters()) == 1


def test_nothing_unsound_comes_in(paths: Paths, tmp_path: Path) -> None:
    library = AdapterLibrary(paths)
    broken = tiny_adapter()
    broken.set("adapter.lora.alpha", FLOAT32, math.nan)
    for path in (broken.write(tmp_path / "nan.gguf"), write_gguf(tmp_path / "model.gguf"), tmp_path, tmp_path / "none"):
        with pytest.raises(AppError):
            library.add(path)
    assert library.adapters() == []
    broken.write(paths.data / "adapters.gguf")
    paths.adapters.mkdir(exist_ok=True)
    broken.write(paths.adapters / "nan.gguf")
    (paths.adapters / "folder.gguf").mkdir()
    assert library.adapters() == []


def test_what_was_removed_can_be_brought_back_for_a_month(paths: Paths, tmp_path: Path) -> None:
    library = AdapterLibrary(paths)
    added = library.add(tiny_adapter().write(tmp_path / "warm.gguf"))
    binned = library.remove(Path(added.path))
    assert library.adapters() == []
    library.empty_bin()
    other = library.add(tiny_adapter(seed=2).write(tmp_path / "warm.gguf"))
    assert library.restore(binned).name == "warm (2)"
    assert [adapter.sha256 for adapter in library.adapters()] == [other.sha256, added.sha256]
    binned = library.remove(Path(added.path))
    binned.parent.rename(binned.parent.with_name(str(time.time_ns() - 31 * 86_400 * 10**9)))
    library.empty_bin()
    assert list((paths.adapters / "bin").iterdir()) == []


def test_a_file_that_changes_is_read_again(paths: Paths) -> None:
    paths.adapters.mkdir()
    library = AdapterLibrary(paths)
    path = tiny_adapter().write(paths.adapters / "one.gguf")
    (first,) = library.adapters()
    other = tiny_adapter(seed=9).write(paths.data / "other")
    os.utime(other, ns=(1, 1))
    other.replace(path)
    (second,) = library.adapters()
    assert first.sha256 != second.sha256
