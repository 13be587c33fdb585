"""Branching deep in a reply, idle: how many decode steps pass before the first new token.

Usage: python -m benchmarks.branching [--rounds 7] [--depth 500]. Prints a Markdown table. Through the pipe, as the
window does: a reply, then the same prompt with the reply's first tokens and another one, to be written on.
"""

from __future__ import annotations

import argparse
import statistics
import time

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.generation import Token
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import LogitBias, SamplingSettings
from chatapp.protocol.engine import ChatPrompt, Finished, TokensEmitted
from chatapp.workers.client import EngineClient
from scripts.wheel_models import GEMMA_WHEEL, STARTER_WHEEL, cached

ENDS = {"smollm2": (0, 2), "gemma": (1, 106, *range(107, 138))}  # would end the reply, or a line
QUESTION = ChatMessage(role=Role.USER, text="Tell me a very long story about the sea.")


def written(client: EngineClient, prompt: ChatPrompt, sampling: SamplingSettings) -> tuple[list[Token], list[float]]:
    """The tokens and when each arrived, in seconds from the question on."""
    tokens: list[Token] = []
    arrivals: list[float] = []
    started = time.perf_counter()
    for event in client.generate(prompt, sampling, probs=20):
        if isinstance(event, TokensEmitted):
            tokens += event.tokens
            arrivals += [time.perf_counter() - started] * len(event.tokens)
        elif isinstance(event, Finished):
            assert len(tokens) == sampling.max_tokens
    return tokens, arrivals


def branch(client: EngineClient, sampling: SamplingSettings, depth: int) -> tuple[float, float]:
    """(milliseconds to the first new token, of a decode step)"""
    tokens, arrivals = written(client, ChatPrompt(messages=(QUESTION,), plain=True), sampling)
    step = (arrivals[-1] - arrivals[0]) / (len(arrivals) - 1)
    assert tokens[depth].record is not None
    other = next(c for c in tokens[depth].record.top if c.id != tokens[depth].id and c.data.strip().isalpha())
    kept = tokens[:depth]
    data = b"".join(token.data for token in kept) + other.data
    ids = (*(token.id for token in kept), other.id)
    begun = ChatMessage(role=Role.ASSISTANT, text=data.decode("utf-8"), ids=ids)
    prompt = ChatPrompt(messages=(QUESTION, begun), plain=True, continues=True)
    _, arrivals = written(client, prompt, sampling)
    return arrivals[0] * 1000, step * 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--depth", type=int, default=500)
    arguments = parser.parse_args()
    print(f"| model | first token, ms | decode step, ms | steps (mark: < 3), {arguments.depth} tokens deep |")
    print("|---|---|---|---|")
    for name, wheel in (("smollm2", STARTER_WHEEL), ("gemma", GEMMA_WHEEL)):
        never = tuple(LogitBias(token=token, bias=-100.0) for token in ENDS[name])
        with EngineClient() as client:
            client.load(LoadSpec(path=str(cached(wheel)), n_ctx=2048))
            found = []
            for number in range(arguments.rounds):
                sampling = SamplingSettings(max_tokens=arguments.depth + 10, seed=number, logit_bias=never)
                found.append(branch(client, sampling, arguments.depth))
        first, step = (statistics.median(values) for values in zip(*found, strict=True))
        worst = max(one / other for one, other in found)
        print(f"| {name} | {first:.1f} | {step:.1f} | {first / step:.2f} (worst {worst:.2f}) |", flush=True)


if __name__ == "__main__":
    main()
