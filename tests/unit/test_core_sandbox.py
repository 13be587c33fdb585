"""Which files a load opens, and what is said of a sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp.core.models import AdapterSpec, LoadSpec
from chatapp.core.sandbox import FileAccess, SandboxReport, files_of
from chatapp.protocol.launch import WorkerRole, worker_command
from chatapp.services.worker_access import Grant
from chatapp.workers.sandbox.entry import access_of


def test_a_model_is_one_file_with_its_adapters(tmp_path: Path) -> None:
    spec = LoadSpec(path=str(tmp_path / "m.gguf"), adapters=(AdapterSpec(path=str(tmp_path / "a.gguf")),))
    assert files_of(spec) == (str(tmp_path / "m.gguf"), str(tmp_path / "a.gguf"))


def test_a_split_model_is_all_its_parts_behind_links(tmp_path: Path) -> None:
    names = [f"m-{number:05d}-of-00003.gguf" for number in (1, 2, 3)]
    (tmp_path / "store").mkdir()
    (tmp_path / "shown").mkdir()
    for name in names:
        (tmp_path / "store" / f"blob {name}").touch()
        (tmp_path / "shown" / name).symlink_to(tmp_path / "store" / f"blob {name}")
    found = files_of(LoadSpec(path=str(tmp_path / "shown" / names[0])))
    assert found == tuple(str(tmp_path / "store" / f"blob {name}") for name in names)


def test_what_is_allowed_crosses_the_command_line_whole() -> None:
    access = FileAccess(read=("/a b/--write", "/c"), write=("/d",))
    arguments = worker_command(WorkerRole.ENGINE, access=access).arguments
    assert access_of(arguments[arguments.index("engine") + 1 :]) == access
    arguments = worker_command(WorkerRole.ENGINE).arguments
    assert access_of(arguments[arguments.index("engine") + 1 :]) is None
    assert access_of([]) == FileAccess()  # nothing was said: nothing is allowed


@pytest.mark.parametrize("words", [["--read"], ["--no-sandbox", "--read"], ["--execute", "/a"], ["/a"]])
def test_other_words_start_no_worker(words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"read|execute|a"):
        access_of(words)


def test_a_report_says_what_is_missing_and_why() -> None:
    assert SandboxReport(landlock=7, seccomp=True).text() == "files: Landlock (version 7); system calls: seccomp"
    partly = SandboxReport(seccomp=True, reason="this kernel has no Landlock")
    assert partly.text() == "files: not limited; system calls: seccomp (this kernel has no Landlock)"


def test_a_worker_covers_the_files_it_was_given_and_not_others_of_their_names(tmp_path: Path) -> None:
    model, folder = tmp_path / "m.gguf", tmp_path / "models"
    folder.mkdir()
    model.touch()
    (folder / "inside.gguf").touch()
    access = FileAccess(read=(str(model), str(folder)))
    grant = Grant.of(access)
    assert grant.covers(access, LoadSpec(path=str(model)))
    assert grant.covers(access, LoadSpec(path=str(folder / "inside.gguf")))
    assert not grant.covers(access, LoadSpec(path=str(tmp_path / "other.gguf")))
    assert not grant.covers(FileAccess(write=(str(tmp_path),)), LoadSpec(path=str(model)))
    assert not grant.covers(None, LoadSpec(path=str(model)))  # the sandbox was switched off since then
    assert not Grant.of(None).covers(access, LoadSpec(path=str(model)))  # or on
    (tmp_path / "new").touch()
    (tmp_path / "new").replace(model)
    assert not grant.covers(access, LoadSpec(path=str(model)))
