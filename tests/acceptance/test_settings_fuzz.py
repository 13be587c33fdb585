"""Done when: 500 fuzzed settings files: always starts, with every setting that could be read, and the file is kept."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from chatapp.app import App
from chatapp.core.options import options_of, problem_with
from chatapp.storage.files import free_path
from chatapp.storage.paths import Paths
from chatapp.storage.settings import Settings, load_settings, save_settings

ROOT = Path(__file__).resolve().parents[2]
WITH_WINDOW, WITH_PROCESS = 20, 100  # every so many files
VALUES: list[Any] = [
    None, True, -1, 0, 1, 10**30, 10**400, -(10**400), 1e308, math.nan, math.inf, -math.inf, "", "x", "auto", "zh_CN",
    "\ud800", "\0", "天" * 5_000, [], {}, [1, {"a": [2]}], {"x": None}, "../../etc/passwd", 0.5, "0.5", False,
]  # fmt: skip


def good_document(rng: random.Random) -> dict[str, Any]:
    document = json.loads(json.dumps(dataclasses.asdict(Settings())))
    document["appearance"]["zoom"] = rng.choice([80, 130])
    document["sampling"]["top_k"] = rng.randrange(1, 100)
    document["last_model"] = "/models/mine.gguf"
    return dict(document, schema_version=1)


def values_of_all_kinds(rng: random.Random) -> bytes:
    document = good_document(rng)
    for name in list(document):
        if isinstance(document[name], dict) and rng.random() < 0.8:
            for option in document[name]:
                if rng.random() < 0.4:
                    document[name][option] = rng.choice(VALUES)
        elif rng.random() < 0.3:
            document[name] = rng.choice(VALUES)
    return json.dumps(document).encode()


def changed_bytes(rng: random.Random) -> bytes:
    data = bytearray(json.dumps(good_document(rng), indent=1).encode())
    for _ in range(rng.choice([1, 3, 50])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def cut_short(rng: random.Random) -> bytes:
    data = json.dumps(good_document(rng)).encode()
    return data[: rng.randrange(len(data))]


def other_encodings(rng: random.Random) -> bytes:
    text = json.dumps(good_document(rng) | {"x": "天空é"}, ensure_ascii=False)
    return text.encode(rng.choice(["utf-16", "utf-32", "gb18030", "utf-8-sig", "utf-16-le"]))


def deep(rng: random.Random) -> bytes:
    depth = rng.choice([200, 900, 5_000, 200_000])
    return b'{"sampling": ' + b'{"a": ' * depth + b"1" + b"}" * (depth + 1)


def huge(rng: random.Random) -> bytes:
    return rng.choice([b" " * (5 << 20) + b"{}", b'{"a": "' + b"x" * (6 << 20) + b'"}', b"9" * 100_000, b"[0," * 1_000])


def twice_the_same_key(rng: random.Random) -> bytes:
    data = json.dumps(good_document(rng)).encode()
    return data[:-1] + b', "appearance": {"zoom": 90, "zoom": "x"}, "engine": [], "schema_version": "9"}'


def noise(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice([0, 1, 100, 10_000]))


KINDS: list[Callable[[random.Random], bytes]] = [
    values_of_all_kinds, changed_bytes, cut_short, other_encodings, deep, huge, twice_the_same_key, noise,
]  # fmt: skip


def no_file_at_all(path: Path, rng: random.Random) -> None:
    match rng.randrange(6):
        case 0:
            path.mkdir()
            (path / "inside").touch()
        case 1:
            os.mkfifo(path)
        case 2:
            path.symlink_to(path)
        case 3:
            path.symlink_to("/dev/zero")
        case 4:
            path.symlink_to("/dev/full")
        case _:
            path.symlink_to(path.parent / "nowhere" / "x")


def check(settings: Settings) -> None:
    """Every value lies in its range, and the whole can be written and read again."""
    for section in (settings.appearance, settings.chat, settings.engine, settings.sampling):
        for name, about in options_of(section):
            assert problem_with(about, getattr(section, name)) is None, name


def test_any_settings_file_starts_and_is_kept(
    qapp: QApplication, paths: Paths, rng: random.Random, long_run: bool
) -> None:
    for number in range(500 if long_run else 60):
        for left in paths.data.glob("settings*"):
            left.rename(free_path(paths.data / f"old-{number}"))
        kind = KINDS[number % len(KINDS)] if rng.random() < 0.85 else None
        data = kind(rng) if kind is not None else b""
        if kind is not None:
            paths.settings.write_bytes(data)
        else:
            no_file_at_all(paths.settings, rng)
        settings, warnings = load_settings(paths.settings)
        check(settings)
        if warnings and kind is not None:
            assert data in [path.read_bytes() for path in paths.data.glob("settings.broken*")]
        if kind in (values_of_all_kinds, twice_the_same_key):
            good = json.loads(data)
            wanted = good["appearance"].get("zoom") if isinstance(good["appearance"], dict) else None
            if wanted in (80, 130):  # one bad value costs no other
                assert settings.appearance.zoom == wanted
        save_settings(paths.settings, settings)
        assert load_settings(paths.settings) == (settings, [])
        if number % WITH_WINDOW == 0:
            _put_back(paths.settings, data, kind is None, rng)
            app = App(qapp, paths)
            app.window.show()
            app.close()
            app.window.close()
            app.window.deleteLater()
        if number % WITH_PROCESS == WITH_PROCESS // 2:
            _put_back(paths.settings, data, kind is None, rng)
            _start_process()
    app_language_reset(qapp)


def _put_back(path: Path, data: bytes, special: bool, rng: random.Random) -> None:
    path.unlink()
    if special:
        no_file_at_all(path, rng)
    else:
        path.write_bytes(data)


def _start_process() -> None:
    """The real window, offscreen: it lives until it is told to close, and then ends with 0."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    window = subprocess.Popen([sys.executable, "-m", "chatapp"], env=environment, stderr=subprocess.PIPE, cwd=ROOT)
    try:
        time.sleep(2.5)
        assert window.poll() is None
        window.terminate()
        _out, said = window.communicate(timeout=30)
        assert window.returncode == 0
        assert b"Traceback" not in said
    finally:
        window.kill()
        window.wait()


def app_language_reset(qapp: QApplication) -> None:
    from chatapp.ui.language import Language

    Language(qapp).use("en")
