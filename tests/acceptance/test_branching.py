"""Done when: a branch 500 tokens deep reuses the cache for all but its own token, the old version is intact, and both
survive kill -9 and a restart. (The time to its first token is measured by benchmarks/branching.py.)"""

from __future__ import annotations

import random
import sqlite3
import time
from pathlib import Path

import pytest

from chatapp.storage.chat_settings import ChatSettings
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import Paths
from chatapp.storage.settings import EngineSettings, Settings, save_settings
from tests.acceptance.handled_app import HandledProcess

pytestmark = pytest.mark.model

ENDS = {
    "starter_model": (0, 2),
    "gemma_model": (1, 106, *range(107, 138)),
}  # would end the reply, or a line


def texts(paths: Paths) -> dict[str, str]:
    with sqlite3.connect(paths.database) as connection:
        found = dict(connection.execute("SELECT id, text FROM message WHERE role = 'assistant'").fetchall())
    connection.close()
    return found


@pytest.mark.parametrize("model", ["starter_model", "gemma_model"])
def test_a_deep_branch_reuses_the_cache_and_both_versions_survive(
    model: str, request: pytest.FixtureRequest, paths: Paths, rng: random.Random, long_run: bool
) -> None:
    path: Path = request.getfixturevalue(model)
    depth = 500 if long_run or model == "starter_model" else 100
    library = ModelLibrary(paths)
    library.add(path)
    library.close()
    chat = ChatSettings(token_colors="surprisal")
    save_settings(paths.settings, Settings(engine=EngineSettings(threads=1), chat=chat))
    with HandledProcess() as app:
        app.wait_for("state", "ready")
        app.do("sample", ENDS[model], max_tokens=depth + 20, seed=rng.randrange(2**31))
        app.do("ask", "Tell me a very long story about the sea.")
        app.wait_for("finished", 1, seconds=300)
        ids = app.do("tokens")
        assert len(ids) == depth + 20
        old = app.do("branch", depth)
        seen = app.wait_for("finished", 2, seconds=300)
        assert seen["prompt_tokens"] - seen["cached_tokens"] <= 2  # no more is evaluated before its first token
        branched = app.do("tokens")
        assert branched[: depth + 1] == [*ids[:depth], old["id"]]
        assert len(branched) > depth + 20
        shown = app.do("look")["transcript"]
        time.sleep(0.5)  # the last tokens are stored with the end of a reply
        app.kill()
    assert texts(paths)[old["reply"]] == old["text"]
    assert sorted(texts(paths).values()) == sorted([old["text"], shown])
    with HandledProcess() as app:
        app.do("open_newest_chat")
        app.wait_for("transcript", shown)
        for _ in range(100):  # its tokens come from the disk
            if app.do("tokens"):
                break
            time.sleep(0.1)
        assert app.do("tokens") == branched
