from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import pytest

from chatapp.core.sampling import SamplingSettings
from chatapp.storage.paths import Paths
from chatapp.storage.settings import Appearance, EngineSettings, Settings, load_settings, read_settings, save_settings


def test_settings_come_back_as_they_were(paths: Paths) -> None:
    settings = Settings(
        appearance=Appearance(language="zh_CN", theme="dark", zoom=130),
        engine=EngineSettings(context_length=4096, threads=3),
        sampling=SamplingSettings(temperature=0.3, top_k=0, max_tokens=99),
        last_model="/m/x.gguf",
    )
    save_settings(paths.settings, settings)
    assert load_settings(paths.settings) == (settings, [])


def test_no_file_means_defaults_without_a_word(paths: Paths) -> None:
    assert load_settings(paths.settings) == (Settings(), [])


def test_one_bad_value_costs_no_other_and_the_file_is_kept(paths: Paths) -> None:
    save_settings(paths.settings, Settings(appearance=Appearance(theme="dark"), last_model="m"))
    document = json.loads(paths.settings.read_text())
    document["sampling"]["temperature"] = "hot"
    document["appearance"]["zoom"] = 10_000
    document["engine"] = []
    document["from_the_future"] = {"x": 1}
    paths.settings.write_text(json.dumps(document))
    settings, warnings = load_settings(paths.settings)
    assert settings.appearance == Appearance(theme="dark")
    assert settings.sampling == SamplingSettings()
    assert settings.last_model == "m"
    (warning,) = warnings
    assert warning.params["names"] == "appearance.zoom, engine, sampling.temperature"
    assert json.loads(Path(warning.params["path"]).read_text()) == document
    assert load_settings(paths.settings) == (settings, [])


def test_what_another_version_wrote_survives_a_save(paths: Paths) -> None:
    paths.settings.write_text('{"new_part": {"a": 1}, "sampling": {"temperature": 0.5, "newer": 7}}')
    settings, warnings = load_settings(paths.settings)
    assert warnings == []
    save_settings(paths.settings, dataclasses.replace(settings, last_model="m"))
    document = json.loads(paths.settings.read_text())
    assert document["new_part"] == {"a": 1}
    assert document["sampling"]["newer"] == 7
    assert document["sampling"]["temperature"] == 0.5


def test_reading_for_the_terminal_changes_nothing(paths: Paths) -> None:
    paths.settings.write_text("{broken")
    assert read_settings(paths.settings) == Settings()
    assert [p.name for p in paths.data.iterdir()] == ["settings.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_file_that_cant_be_read_is_set_aside_not_overwritten(paths: Paths, content: bytes) -> None:
    paths.settings.write_bytes(content)
    settings, warnings = load_settings(paths.settings)
    assert settings == Settings()
    assert len(warnings) == 1
    kept = [p for p in paths.data.iterdir() if "broken" in p.name]
    assert [p.read_bytes() for p in kept] == [content]


def test_no_json_whatever_makes_it_fail(paths: Paths, rng: random.Random) -> None:
    values: list[object] = [None, True, -1, 1e999, "x", [], {}, [1, {"a": 2}], "zh_CN", 0, 1, 10**30]
    names = [field.name for field in dataclasses.fields(Settings)] + ["schema_version"]
    for _ in range(200):
        document = {name: rng.choice(values) for name in names}
        document["sampling"] = {
            field.name: rng.choice(values) for field in dataclasses.fields(SamplingSettings) if rng.random() < 0.7
        }
        paths.settings.write_text(json.dumps(document))
        load_settings(paths.settings)
