"""Done when: a bundle is built in which the window, the workers and the terminal commands start and answer, in a
temporary folder, with an empty home and without a Python. (With CHATAPP_BUNDLE=FOLDER that one is tried instead.)"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from chatapp import __version__

pytestmark = pytest.mark.model

ROOT = Path(__file__).resolve().parents[2]
MOST_MEGABYTES = 260
NOT_NEEDED = ("Qml", "Quick", "Pdf", "VirtualKeyboard", "Charts", "Graphs", "DataVisualization", "qgtk3")
OF_THE_COMPONENT = ("torch", "transformers", "peft", "accelerate", "gguf", "safetensors", "sympy", "regex", "certifi")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs, moved to where it was not built."""
    given = os.environ.get("CHATAPP_BUNDLE")
    library = Path(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("INSTSONAME") or "")
    if not given and library.suffix == ".a":
        pytest.skip("this Python was built without its shared library, which PyInstaller needs")
    built = Path(given or ROOT / "build" / "bundle" / "chatapp")
    if not given:
        subprocess.run(["sh", "scripts/bundle.sh", str(built.parent)], cwd=ROOT, check=True, timeout=900)
    moved = tmp_path_factory.mktemp("elsewhere") / "chatapp"
    shutil.copytree(built, moved, symlinks=True, copy_function=os.link if _same_disk(built, moved) else shutil.copy2)
    return moved


def _same_disk(a: Path, b: Path) -> bool:
    return a.stat().st_dev == b.parent.stat().st_dev


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty home and no programs to be found."""
    home = tmp_path / "empty-home"
    home.mkdir()
    return {"HOME": str(home), "PATH": "/nonexistent", "OMP_WAIT_POLICY": "passive"}


def run(bundle: Path, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [bundle / "chatapp-cli", *arguments],
        env=environment,
        cwd=environment["HOME"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_terminal_and_workers_answer_without_a_python(bundle: Path, bare: dict[str, str], starter_model: Path) -> None:
    assert run(bundle, bare, "--version") == f"chatapp {__version__}\n"
    run(bundle, bare, "models", "add", str(starter_model), "--copy")
    checks = [json.loads(line) for line in run(bundle, bare, "selfcheck", "--json", "--threads", "1").splitlines()]
    assert {check["name"] for check in checks if not check["ok"]} <= {"window"}
    assert {"engine worker", "sandbox", "one sentence"} <= {check["name"] for check in checks}
    options = ("--threads", "1", "--max-tokens", "24", "--temperature", "0")
    assert len(run(bundle, bare, "generate", "--prompt", "What is the capital of France?", *options).split()) > 3


@pytest.mark.display
def test_the_window_answers(
    bundle: Path, bare: dict[str, str], starter_model: Path, display: str, tmp_path: Path
) -> None:
    run(bundle, bare, "models", "add", str(starter_model), "--copy")
    data = Path(bare["HOME"], ".local", "share", "chatapp")
    (data / "settings.json").write_text(json.dumps({"appearance": {"language": "zh_CN"}, "engine": {"threads": 1}}))
    screen = {**os.environ, "DISPLAY": display}
    window = subprocess.Popen([bundle / "chatapp"], env={**bare, "DISPLAY": display}, stderr=subprocess.PIPE)
    try:
        _wait_for(lambda: _xdotool(screen, "search", "--onlyvisible", "--name", "^chatapp$"), window)
        time.sleep(1)  # until it has the keyboard
        _xdotool(screen, "type", "--delay", "20", "Name three colours")
        _xdotool(screen, "key", "Return")
        _wait_for(lambda: _reply(data / "chatapp.sqlite3"), window)
        picture = tmp_path / "bundle.png"
        subprocess.run(["import", "-window", "root", str(picture)], env=screen, check=True, timeout=30)
        assert picture.stat().st_size > 10_000
        if kept := os.environ.get("CHATAPP_TEST_PICTURES"):
            shutil.copy(picture, kept)
        window.send_signal(signal.SIGTERM)
        assert window.wait(timeout=60) == 0
    finally:
        window.kill()
        _, stderr = window.communicate()
    assert b"Traceback" not in stderr
    assert "chatapp ends" in (data / "logs" / "chatapp.log").read_text(encoding="utf-8")


def test_nothing_is_in_it_that_is_not_used(bundle: Path) -> None:
    files = [path for path in bundle.rglob("*") if path.is_file() and not path.is_symlink()]
    names = [path.relative_to(bundle).as_posix() for path in files]
    assert [name for name in names if any(word in name for word in NOT_NEEDED)] == []
    assert {part for name in names for part in name.split("/")[:-1]}.isdisjoint(OF_THE_COMPONENT)
    megabytes = sum(path.stat().st_size for path in files) / 1_000_000
    assert 100 < megabytes < MOST_MEGABYTES
    assert any(name.endswith("chatapp/assets/translations/zh_CN.qm") for name in names)
    assert any(name.endswith("chatapp/assets/starter/prompts.json") for name in names)


def test_the_training_component_is_listed_and_another_python_finds_the_trainer(
    bundle: Path, bare: dict[str, str]
) -> None:
    listed = json.loads(run(bundle, bare, "components", "list", "--json"))
    assert (listed["name"], listed["state"]) == ("finetune", "missing")
    with pytest.raises(AssertionError, match=r"Python 3\.10 to 3\.13, and none was found"):
        run(bundle, bare, "components", "install", "finetune")
    sources = next(bundle.rglob("sources"))
    code = "import chatapp.core.training, chatapp.protocol.codec, chatapp.workers.stdio as x; print(x.__file__)"
    for arguments, code_of_end, expected in (
        (("-c", code), 0, str(sources)),
        (("-m", "chatapp", "worker"), 2, "is started by chatapp itself"),
    ):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=sources, env=bare, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == code_of_end, done.stderr
        assert expected in done.stdout + done.stderr


def _wait_for(condition: object, window: subprocess.Popen[bytes]) -> None:
    assert callable(condition)
    end = time.monotonic() + 120
    while not condition():
        assert window.poll() is None, window.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.2)


def _xdotool(environment: dict[str, str], *arguments: str) -> bool:
    done = subprocess.run(["xdotool", *arguments], env=environment, capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def _reply(database: Path) -> str:
    """The complete reply, "" before there is one."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT text FROM message WHERE role = 'assistant' AND state = 'complete'").fetchall()
    connection.close()
    return str(rows[0][0]) if rows else ""
