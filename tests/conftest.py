"""Shared fixtures. No test sees this user's own data, settings or models."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent

from chatapp.core.models import LoadSpec
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import Paths, find_paths
from chatapp.storage.settings import EngineSettings, Settings, save_settings
from chatapp.workers.client import EngineClient
from scripts.wheel_models import GEMMA_WHEEL, STARTER_WHEEL, WheelModel, cached


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=1, help="seed of the random choices in acceptance tests")
    parser.addoption(
        "--gpu", action="store_true", help="run the tests that need a build with a GPU (scripts/vulkan.sh)"
    )
    parser.addoption("--long", action="store_true", help="run acceptance tests with their full counts")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --gpu the tests marked so and no others, without it the others."""
    wanted = bool(config.getoption("--gpu"))
    left_out = [item for item in items if (item.get_closest_marker("gpu") is not None) != wanted]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATAPP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


@pytest.fixture(autouse=True)
def no_window_left(own_folders: None) -> Iterator[None]:
    """What styles a window styles all that there are: those of a test go with it."""
    yield
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is not None and (application := widgets.QApplication.instance()) is not None:
        for window in application.topLevelWidgets():
            if window.parent() is None:
                window.close()
                window.deleteLater()
        application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def paths(own_folders: None) -> Paths:
    return find_paths()


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.config.getoption("--seed"))


@pytest.fixture
def long_run(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def starter_model() -> Path:
    """The real starter model; the make targets put it there."""
    return _fetched(STARTER_WHEEL)


@pytest.fixture(scope="session")
def gemma_model() -> Path:
    """A second real model: sliding window, large vocabulary, no chat template."""
    return _fetched(GEMMA_WHEEL)


def _fetched(model: WheelModel) -> Path:
    path = cached(model)
    assert path.is_file(), f"{path.name} is missing: run `make test`, or python -m scripts.starter_model --cache-only"
    return path


@pytest.fixture
def starter_library(paths: Paths, starter_model: Path) -> Paths:
    """Paths whose library holds the starter model, and settings that compute with one thread."""
    library = ModelLibrary(paths)
    library.add(starter_model)
    library.close()
    save_settings(paths.settings, Settings(engine=EngineSettings(threads=1)))
    return paths


@pytest.fixture(scope="module")
def engine(starter_model: Path) -> Iterator[EngineClient]:
    """A real worker with the starter model, one thread."""
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=2048, n_threads=1))
        yield client


@pytest.fixture
def display() -> Iterator[str]:
    """A virtual screen."""
    assert shutil.which("Xvfb"), "Xvfb is missing: scripts/system_packages.sh test installs it"
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x860x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()  # the whole line: it would die of a pipe closed before its end
    yield f":{number}"
    server.terminate()
    server.wait()
