from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from chatapp.cli.main import run
from chatapp.core.components import (
    FINETUNE,
    ComponentState,
    InstallProgress,
    InstallStage,
    pins_of,
)
from chatapp.core.errors import AppError, ErrorKind
from chatapp.protocol.launch import TRAINER_PYTHON, WorkerRole, worker_command
from chatapp.storage import component_install, components
from chatapp.storage.component_install import Installation, base_python
from chatapp.storage.components import ComponentStore, trainer_environment, trainer_python
from chatapp.storage.paths import Paths
from tests.fake_component import TINY, TinyStore, offer_wheel

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    offer_wheel(tmp_path, monkeypatch)
    return tmp_path


def failure_of(installation: Installation) -> AppError:
    with pytest.raises(AppError) as caught:
        list(installation.run())
    return caught.value


def nothing_is_left(store: ComponentStore) -> bool:
    inside = str(store.folder(TINY))
    running = [p for p in psutil.process_iter(["cmdline"]) if any(inside in word for word in p.info["cmdline"] or [])]
    return not store.folder(TINY).exists() and not running and store.status(TINY).state is ComponentState.MISSING


def test_it_is_installed_found_used_and_removed(paths: Paths) -> None:
    store = TinyStore(paths)
    assert store.status(TINY).state is ComponentState.MISSING
    told = list(Installation(store, TINY).run())
    assert list(dict.fromkeys(p.stage for p in told)) == list(InstallStage)
    assert [p.fraction for p in told] == sorted(p.fraction for p in told)
    assert told[-1].fraction == 1.0
    assert "tinypart" in {p.package for p in told}
    status = store.status(TINY)
    assert (status.state, status.packages) == (ComponentState.INSTALLED, (("tinypart", "1.0"),))
    assert status.size_bytes > 1_000_000
    assert not (store.folder(TINY) / "tmp").exists()
    python = str(store.python(TINY))
    subprocess.run([python, "-c", "import tinypart"], check=True)

    (paths.data / "pins.txt").write_text("tinypart==2.0\n")
    assert store.status(TINY).state is ComponentState.OUTDATED
    assert store.status(TINY).packages == (("tinypart", "1.0"),)
    assert store.status(TINY).state.is_usable

    user = subprocess.Popen([python, "-c", "print(); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert user.stdout is not None
    user.stdout.readline()
    with pytest.raises(AppError, match="in use"):
        store.remove(TINY)
    user.communicate()
    assert store.remove(TINY)
    assert nothing_is_left(store)
    assert not store.remove(TINY)


@pytest.mark.parametrize("stage", [InstallStage.PREPARING, InstallStage.DOWNLOADING])
def test_cancel_ends_pip_and_leaves_nothing(paths: Paths, stage: InstallStage) -> None:
    store = TinyStore(paths)
    installation = Installation(store, TINY)
    seen: list[InstallProgress] = []

    def go_on() -> Iterator[None]:
        for progress in installation.run():
            seen.append(progress)
            if progress.stage is stage:
                installation.cancel()
                yield

    with pytest.raises(AppError) as caught:
        list(go_on())
    assert caught.value.info.kind is ErrorKind.CANCELLED
    assert seen[-1].stage is stage
    assert nothing_is_left(store)


def test_an_abandoned_installation_leaves_nothing(paths: Paths) -> None:
    """As with Ctrl+C in the terminal: the generator is closed in the middle."""
    store = TinyStore(paths)
    steps = Installation(store, TINY).run()
    next(steps)
    next(steps)  # pip is at work
    steps.close()  # type: ignore[attr-defined]
    assert nothing_is_left(store)


def test_a_package_that_is_not_offered_is_named(paths: Paths) -> None:
    store = TinyStore(paths, "tinypart==3.0\n")
    problem = failure_of(Installation(store, TINY))
    assert "tinypart" in problem.info.message
    assert "ready-made" in problem.info.message
    assert nothing_is_left(store)


def test_a_package_that_does_not_start_is_no_component(
    paths: Paths, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_wheel(wheel, monkeypatch, "raise ImportError('libmissing.so: not found')")
    store = TinyStore(paths)
    problem = failure_of(Installation(store, TINY))
    assert "libmissing.so" in problem.info.message
    assert nothing_is_left(store)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No matching distribution "
         "found for torch==2.13.0", "can't be reached"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "are free in"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no ready-made package torch"),
        ("ERROR: Something else.\nhint: see above", "could not be installed: Something else."),
        ("", "could not be installed: it said nothing."),
    ],
)  # fmt: skip
def test_what_pip_says_becomes_a_sentence(paths: Paths, said: str, expected: str) -> None:
    store = TinyStore(paths)
    store.root.mkdir()
    installation = Installation(store, TINY)
    installation._said.extend(said.splitlines())
    assert expected in installation._pip_failed("python").info.message


def test_too_little_room_is_said_before_anything_is_done(paths: Paths) -> None:
    store = TinyStore(paths)
    needs_much = replace(TINY, disk_bytes=10**16)
    problem = failure_of(Installation(store, needs_much))
    assert problem.info.kind is ErrorKind.STORAGE
    assert "10000.0 TB" in problem.info.message
    assert nothing_is_left(store)


def test_half_an_installation_is_none_and_goes(paths: Paths) -> None:
    store = TinyStore(paths)
    (store.folder(TINY) / "lib").mkdir(parents=True)
    assert store.status(TINY).state is ComponentState.UNFINISHED
    with store.claimed(TINY):
        store.clear_unfinished(TINY)  # it is being installed: not ours
        assert store.folder(TINY).exists()
        assert failure_of(Installation(store, TINY)).info.kind is ErrorKind.BUSY
        assert store.folder(TINY).exists()
    store.clear_unfinished(TINY)
    assert nothing_is_left(store)


def whole(store: ComponentStore) -> None:
    """What looks like a component that is installed."""
    place = store.folder(TINY) / "lib" / "python3.11" / "site-packages" / "tinypart"
    place.mkdir(parents=True)
    store.python(TINY).parent.mkdir(parents=True, exist_ok=True)
    store.python(TINY).symlink_to(sys.executable)
    store.mark_complete(TINY, "3.11")


@pytest.mark.parametrize("harm", ["module", "python", "stamp", "text"])
def test_what_was_damaged_later_is_not_usable(paths: Paths, harm: str) -> None:
    store = TinyStore(paths)
    whole(store)
    assert store.status(TINY).state is ComponentState.INSTALLED
    folder = store.folder(TINY)
    match harm:
        case "module":
            shutil.rmtree(folder / "lib" / "python3.11" / "site-packages" / "tinypart")
        case "python":  # an update of the system took it away
            store.python(TINY).unlink()
            store.python(TINY).symlink_to("/nonexistent/python3")
        case "stamp":
            (folder / "complete.json").unlink()
        case "text":
            (folder / "complete.json").write_text("[]")
    assert store.status(TINY).state is ComponentState.UNFINISHED


def test_the_pins_are_those_of_the_set_up() -> None:
    """Of both kinds of Python that are told apart."""
    listed = (ROOT / "assets/components/finetune.txt").read_text("utf-8")
    constraints = (ROOT / "constraints.txt").read_text("utf-8")
    for python in ((3, 10), (3, 11), (3, 13)):
        pins = pins_of(listed, python)
        assert pins.items() <= pins_of(constraints, python).items()
        assert set(FINETUNE.packages) <= set(pins)
        assert set(FINETUNE.modules) <= set(pins)
    with pytest.raises(ValueError, match="not a pin"):
        pins_of("torch>=2.6", (3, 11))


def test_the_trainer_runs_on_the_python_that_has_what_it_needs(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    own: set[str] = set()
    monkeypatch.setattr(components, "find_spec", lambda name: name if name in own else None)
    with pytest.raises(AppError, match="not installed") as caught:
        trainer_python(paths)
    assert caught.value.info.kind is ErrorKind.COMPONENT
    assert "chatapp components install finetune" in caught.value.info.advice

    monkeypatch.setattr(components, "FINETUNE", TINY)
    monkeypatch.setattr(ComponentStore, "pin_list", lambda _store, _component: paths.data / "pins.txt")
    store = TinyStore(paths)
    whole(store)
    assert trainer_environment(paths, {"A": "1"}) == {"A": "1", TRAINER_PYTHON: str(store.python(TINY))}
    command = worker_command(WorkerRole.TRAINER, {}, python=str(store.python(TINY)))
    assert command.program == str(store.python(TINY))
    assert command.arguments[:4] == ("-m", "chatapp", "worker", "trainer")

    own.add("tinypart")
    assert store.status(TINY).state is ComponentState.INCLUDED
    assert trainer_environment(paths, {}) == {TRAINER_PYTHON: ""}


def test_a_bundle_looks_for_a_python_of_this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert base_python() == sys.executable
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(component_install, "_MORE_PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AppError, match="none was found"):
        base_python()
    for name, script in (("python3.13", "exit 1"), ("python3", f'exec "{sys.executable}" "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    assert base_python() == str(tmp_path / "python3")


def test_another_python_gets_the_sources_of_a_bundle_and_none_of_its_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"LD_LIBRARY_PATH": "/bundle", "LD_LIBRARY_PATH_ORIG": "/mine"}
    assert worker_command(WorkerRole.TRAINER, before, python="p").environment["LD_LIBRARY_PATH"] == "/bundle"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    command = worker_command(WorkerRole.TRAINER, before, python="/usr/bin/python3")
    assert command.environment["LD_LIBRARY_PATH"] == "/mine"
    assert "LD_LIBRARY_PATH_ORIG" not in command.environment
    assert Path(command.folder).name == "sources"
    assert worker_command(WorkerRole.ENGINE, before).environment["LD_LIBRARY_PATH"] == "/bundle"


def test_the_terminal_lists_and_refuses(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "find_spec", lambda _name: None)
    assert run(["components", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert (listed["type"], listed["name"], listed["state"], listed["size_bytes"]) == (
        "component",
        "finetune",
        "missing",
        0,
    )
    assert listed["packages"]["torch"] == "2.13.0"
    assert run(["components", "remove", "finetune"]) == 0
    assert run(["components", "install", "nothing"]) == 1
    assert "There is no component named nothing." in capsys.readouterr().err


def test_the_terminal_installs_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """The real command, with a list of pins that needs no network."""
    data, code = tmp_path / "data", tmp_path / "code.py"
    code.write_text(
        "import sys\nfrom tests.fake_component import TINY, TinyStore\nfrom chatapp.cli import components, main\n"
        "components.COMPONENTS, components.ComponentStore = {'finetune': TINY}, TinyStore\n"
        "sys.exit(main.run(sys.argv[1:]))\n"
    )
    command = [sys.executable, str(code), "components", "install", "finetune", "--json", "--data-dir", str(data)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    assert "preparing" in child.stderr.readline()
    time.sleep(0.5)
    child.send_signal(2)
    child.communicate(timeout=30)
    assert child.returncode == 130
    assert not (data / "components" / "finetune").exists()
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(done.stdout)["state"] == "installed"
    assert re.search(r"downloading tinypart", done.stderr)
