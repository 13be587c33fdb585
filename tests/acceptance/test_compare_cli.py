"""Done when: `chatapp compare` prints tokens, ends and one comparison as in the contract, whose figures equal those of
other programs; a sweep that was killed goes on from what it had."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sacrebleu

from chatapp.storage.paths import Paths

pytestmark = pytest.mark.model
COMMAND = [sys.executable, "-m", "chatapp", "compare", "--threads", "1"]


def compare(*words: str) -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run([*COMMAND, *words, "--json"], capture_output=True, text=True, timeout=300)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def only(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["type"] == kind]


def ids_of(lines: list[dict[str, Any]], lane: int) -> list[int]:
    return [token["id"] for token in only(lines, "token") if token["lane"] == lane]


def test_the_contract_and_its_figures(starter_library: Paths, rng: random.Random) -> None:
    seeds = [str(rng.randrange(10**6)) for _ in range(2)]
    code, lines, _ = compare(
        "--prompt", "Name three fruits.", "--temperature", "0", "0.9", "--seeds", *seeds, "--max-tokens", "24",
        "--lane", "temperature=1.3,top_p=0.8,seed=5", "--probs", "4",
    )  # fmt: skip
    assert code == 0
    comparison = only(lines, "comparison")[0]
    assert lines[-1] == comparison
    lanes = comparison["lanes"]
    asked = [(0.0, int(seeds[0])), (0.0, int(seeds[1])), (0.9, int(seeds[0])), (0.9, int(seeds[1])), (1.3, 5)]
    assert [(lane["temperature"], lane["seed"]) for lane in lanes] == asked
    assert lanes[4]["top_p"] == 0.8
    assert ids_of(lines, 0) == ids_of(lines, 1)
    ends = {end["lane"]: end for end in only(lines, "done")}
    texts: list[list[str]] = []
    for number, lane in enumerate(lanes):
        tokens = [token for token in only(lines, "token") if token["lane"] == number]
        assert all(len(token["top"]) == 4 for token in tokens)
        assert ends[number]["text"] == lane["text"]
        assert bytes.fromhex("".join(token["bytes"] for token in tokens)).decode() == lane["text"]
        assert lane["perplexity"] == pytest.approx(math.exp(-sum(t["logprob"] for t in tokens) / len(tokens)), rel=1e-6)
        assert lane["mean_entropy"] == pytest.approx(sum(t["entropy"] for t in tokens) / len(tokens), rel=1e-6)
        words = [str(token["id"]) for token in tokens if token["bytes"]]
        texts.append(words)
        for n, name in ((1, "distinct_1"), (2, "distinct_2")):
            grams = [tuple(words[at : at + n]) for at in range(len(words) - n + 1)]
            assert lane[name] == pytest.approx(len(Counter(grams)) / len(grams))
    for a, b, place in comparison["first_divergence"]:
        one, other = ids_of(lines, a), ids_of(lines, b)
        if place is None:
            assert one == other
        else:
            assert one[:place] == other[:place]
            assert one[place : place + 1] != other[place : place + 1]
    assert len(comparison["first_divergence"]) == 10
    scores = [
        sacrebleu.sentence_bleu(
            " ".join(words), [" ".join(o) for o in texts if o is not words], tokenize="none", use_effective_order=True
        ).score
        for words in texts
    ]
    assert comparison["self_bleu"] == pytest.approx(sum(scores) / len(scores), abs=1e-6)
    assert comparison["tokens_per_second"] > 0


def test_words_for_a_person(starter_library: Paths) -> None:
    done = subprocess.run(
        [*COMMAND, "--prompt", "Say hello.", "--temperature", "0", "1.2", "--seed", "4", "--max-tokens", "8"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0
    assert "lane 1: temperature 1.2, seed 4" in done.stdout
    assert "perplexity" in done.stdout
    assert "lanes 0 and 1" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--prompt", " "], "empty"),
        (["--prompt", "x", "--lane", "warmth=2"], "warmth=2"),
        (["--prompt", "x", "--lane", "temperature=hot"], "temperature=hot"),
        (["--prompt", "x", "--temperature", "9"], "temperature"),
        (["--prompt", "x", "--seeds", *map(str, range(17))], "17"),
        (["--prompt", "x", "--temperature", "0", "1", "--max-tokens", "9999"], "8,192"),
        (["--resume", "/nowhere/state"], "no such file"),
        (["--resume", __file__], "can't be read"),
    ],
)
def test_bad_input_gets_a_sentence(words: list[str], said: str, starter_library: Paths) -> None:
    code, lines, stderr = compare(*words)
    assert code == 1
    assert said in stderr
    assert said in only(lines, "error")[0]["message"]


def test_a_killed_sweep_goes_on(starter_library: Paths, tmp_path: Path) -> None:
    state = tmp_path / "sweep"
    words = ["--prompt", "Write about the sea.", "--sweep", "--temperature", "0", "1", "--state", str(state)]
    words += ["--seeds", *map(str, range(1, 10)), "--max-tokens", "24"]
    process = subprocess.Popen([*COMMAND, *words, "--json"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    shown: Counter[int] = Counter()
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "token":
            shown[event["lane"]] += 1
        if event["type"] == "token" and event["lane"] >= 8 and event["index"] == 6:  # in the second batch
            time.sleep(1.2)  # so that it has been saved since its first tokens
            break
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert 8 < len(shown) < 18
    again, _, stderr = compare(*words)
    assert again == 1
    assert "already" in stderr
    code, lines, _ = compare("--resume", str(state), "--sweep")
    assert code == 0
    written = Counter(token["lane"] for token in only(lines, "token"))
    assert not set(written) & set(range(8))  # those were whole
    lanes = only(lines, "comparison")[0]["lanes"]
    assert [lane["n_tokens"] for lane in lanes if lane["finish_reason"] == "length"] == [24] * sum(
        lane["finish_reason"] == "length" for lane in lanes
    )
    assert all(lane["finish_reason"] in ("length", "stop") for lane in lanes)
    first_indices = {t["lane"]: t["index"] for t in reversed(only(lines, "token"))}
    assert any(index > 0 for index in first_indices.values())  # from what was saved, not from the beginning
    points = only(lines, "point")
    assert [(point["temperature"], point["n"]) for point in points] == [(0.0, 9), (1.0, 9)]
    assert points[0]["self_bleu"] == pytest.approx(100.0)
    assert points[1]["self_bleu"] < 90.0
