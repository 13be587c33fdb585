"""Done when: same seed, two fresh processes: identical ids for 20 prompts at temperature 0.8. Greedy --raw equals the
binding's high-level greedy output on 20 prompts (same chunking)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Prompt, RawPrompt, TokensEmitted
from chatapp.workers.client import EngineClient
from tests.acceptance.prompts import PROMPTS, as_chat

pytestmark = pytest.mark.model

N_CTX = 2048


def ids(client: EngineClient, prompt: Prompt, sampling: SamplingSettings) -> list[int]:
    events = client.generate(prompt, sampling)
    return [token.id for event in events if isinstance(event, TokensEmitted) for token in event.tokens]


def test_the_same_seed_gives_the_same_ids_in_two_fresh_processes(
    starter_model: Path, rng: random.Random, long_run: bool
) -> None:
    prompts = PROMPTS if long_run else rng.sample(PROMPTS, 4)
    seeds = [rng.randrange(2**32 - 1) for _ in prompts]
    runs: list[list[list[int]]] = []
    for order in (1, -1):  # the second process answers them in the other order: nothing may carry over
        with EngineClient() as client:
            client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
            found = {
                text: ids(client, as_chat(text), SamplingSettings(temperature=0.8, seed=seed, max_tokens=48))
                for text, seed in list(zip(prompts, seeds, strict=True))[::order]
            }
        runs.append([found[text] for text in prompts])
    assert runs[0] == runs[1]
    assert all(runs[0])


def test_greedy_raw_equals_the_bindings_own_greedy_output(
    starter_model: Path, rng: random.Random, long_run: bool
) -> None:
    import llama_cpp

    prompts = PROMPTS if long_run else rng.sample(PROMPTS, 4)
    long_prompt = " ".join(PROMPTS) * 4  # several chunks of 512
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
        greedy = SamplingSettings(temperature=0.0, max_tokens=48)
        ours = [ids(client, RawPrompt(text=text), greedy) for text in (*prompts, long_prompt)]
    binding = llama_cpp.Llama(
        str(starter_model), n_ctx=N_CTX, n_threads=1, n_threads_batch=1, n_batch=512, flash_attn=True, verbose=False
    )
    for text, mine in zip((*prompts, long_prompt), ours, strict=True):
        binding.reset()
        theirs: list[int] = []
        for token in binding.generate(binding.tokenize(text.encode(), add_bos=False, special=False), temp=0.0):
            theirs.append(token)
            if len(theirs) == 48 or token == binding.token_eos():
                break
        assert mine == theirs, text
    binding.close()
