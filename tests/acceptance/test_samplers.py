"""Every sampler changes p, the distribution the token is drawn from, as its formula says, computed here once more in
numpy; its neutral value changes nothing; the order is the documented one."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from chatapp.core.models import LoadSpec
from chatapp.core.options import options_of
from chatapp.core.sampling import MIROSTAT_ORDER, SAMPLER_ORDER, LogitBias, SamplingSettings
from chatapp.protocol.engine import RawPrompt, TokensEmitted
from chatapp.workers.client import EngineClient
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama.model import Model
from chatapp.workers.engine.llama.sampler import SamplerChain
from chatapp.workers.engine.llama.vocabulary import Vocabulary

pytestmark = pytest.mark.model

Floats = npt.NDArray[np.float32]
N_VOCAB = 700
FREE = SamplingSettings(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
IN_FORCE: dict[str, dict[str, Any]] = {
    "typical": {"typical": 0.5},
    "presence": {"presence_penalty": 2.0},
    "frequency": {"frequency_penalty": 2.0},
    "dry": {"dry_multiplier": 5.0, "dry_allowed_length": 1},
    "xtc": {"xtc_probability": 1.0, "xtc_threshold": 0.02},
    "top_n_sigma": {"top_n_sigma": 0.5},
    "mirostat": {"mirostat": "1", "mirostat_tau": 1.0},
    "mirostat v2": {"mirostat": "2", "mirostat_tau": 1.0},
    "dynatemp": {"dynatemp": 0.9},
    "logit_bias": {"logit_bias": tuple(LogitBias(token=token, bias=20.0) for token in range(100, 110))},
}
"""Each new sampler, strong enough to show in a few tokens."""
NEEDING_OTHERS = ("dry_base", "dry_allowed_length", "xtc_threshold", "mirostat_tau", "mirostat_eta")


@pytest.fixture(scope="module")
def vocabulary(starter_model: Path) -> Iterator[Vocabulary]:
    model = Model(LoadSpec(path=str(starter_model)), CancelFlag(), lambda _fraction: None)
    yield model.vocabulary
    model.close()


@pytest.fixture
def numbers(rng: random.Random) -> np.random.Generator:
    return np.random.default_rng(rng.randrange(2**31))


def some_logits(numbers: np.random.Generator, n_vocab: int = N_VOCAB) -> Floats:
    return numbers.normal(numbers.normal(0, 5), 3.0, n_vocab).astype(np.float32)


def softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    weights = np.exp(logits.astype(np.float64) - logits.max())
    found: npt.NDArray[np.float64] = weights / weights.sum()
    return found


def only(kept: npt.NDArray[np.bool_], logits: Floats) -> npt.NDArray[np.float64]:
    """softmax over those kept."""
    return softmax(np.where(kept, logits, -np.inf))


def remember(chain: SamplerChain, history: Sequence[int], n_vocab: int = N_VOCAB) -> None:
    """Makes the chain draw exactly `history`."""
    for token in history:
        logits = np.full(n_vocab, -1000.0, dtype=np.float32)
        logits[token] = 1000.0
        assert chain.draw(logits) == token


def p_drawn(
    settings: SamplingSettings, logits: Floats, history: Sequence[int] = (), vocab: Any = None, seed: int = 1
) -> npt.NDArray[np.float64]:
    """What each token was drawn with, float64 (n_vocab,)."""
    chain = SamplerChain(settings, seed=seed, n_vocab=len(logits), vocab=vocab)
    remember(chain, history, len(logits))
    chain.draw(logits)
    found = p_of(chain, len(logits))
    chain.close()
    return found


def p_of(chain: SamplerChain, n_vocab: int = N_VOCAB) -> npt.NDArray[np.float64]:
    found = np.zeros(n_vocab)
    found[chain.candidates["id"]] = chain.candidates["p"]
    return found


def same(found: npt.NDArray[np.float64], expected: npt.NDArray[np.float64]) -> bool:
    return bool(np.allclose(found, expected, rtol=2e-3, atol=1e-6))


def test_the_order_is_the_documented_one(vocabulary: Vocabulary) -> None:
    everything = SamplingSettings(
        repeat_penalty=1.1,
        temperature=0.7,
        typical=0.9,
        dry_multiplier=0.8,
        xtc_probability=0.5,
        top_n_sigma=1.0,
        logit_bias=(LogitBias(token=1, bias=1.0),),
    )

    def names(settings: SamplingSettings) -> list[str]:
        chain = SamplerChain(settings, seed=1, n_vocab=vocabulary.n_tokens, vocab=vocabulary.handle)
        found = [name for name, _ in chain.samplers]
        chain.close()
        return found

    documented = (
        "logit_bias, penalties, dry, top_n_sigma, top_k, typical, top_p, min_p, xtc, temperature, grammar, draw"
    )
    assert ", ".join(SAMPLER_ORDER) == documented
    assert names(everything) == [name for name in SAMPLER_ORDER if name != "grammar"]
    by_mirostat = replace(everything, mirostat="2")
    assert names(by_mirostat) == [name for name in MIROSTAT_ORDER if name != "grammar"]
    assert names(replace(by_mirostat, temperature=0.0)) == names(replace(everything, temperature=0.0))


def test_the_free_chain_draws_from_the_models_own_distribution(numbers: np.random.Generator) -> None:
    logits = some_logits(numbers)
    assert same(p_drawn(FREE, logits), softmax(logits))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_typical_keeps_what_is_as_surprising_as_expected(numbers: np.random.Generator, share: float) -> None:
    logits = some_logits(numbers)
    p = softmax(logits)
    entropy = -(p * np.log(p)).sum()
    order = np.argsort(np.abs(-np.log(p) - entropy))
    count = int(np.argmax(np.cumsum(p[order]) > share)) + 1
    kept = np.isin(np.arange(N_VOCAB), order[:count])
    assert 0 < kept.sum() < N_VOCAB
    assert same(p_drawn(replace(FREE, typical=share), logits), only(kept, logits))


@pytest.mark.parametrize("n", [0.5, 1.0, 2.5])
def test_top_n_sigma_keeps_what_lies_near_the_best_logit(numbers: np.random.Generator, n: float) -> None:
    logits = some_logits(numbers)
    kept = logits >= logits.max() - n * logits.std()
    assert 0 < kept.sum() < N_VOCAB
    assert same(p_drawn(replace(FREE, top_n_sigma=n), logits), only(kept, logits))


def test_penalties_lower_what_the_reply_has_already(numbers: np.random.Generator) -> None:
    logits, history = some_logits(numbers), [3, 5, 3, 3, 9]
    count = np.bincount(history, minlength=N_VOCAB)
    for repeat, frequency, presence in ((1.0, 0.7, 0.0), (1.0, 0.0, 1.5), (1.0, -0.5, -1.0), (1.3, 0.2, 0.4)):
        settings = replace(
            FREE, repeat_penalty=repeat, frequency_penalty=frequency, presence_penalty=presence
        )  # each alone, less than nothing, and all together
        lowered = np.where(count > 0, np.where(logits > 0, logits / repeat, logits * repeat), logits)
        lowered = lowered - count * frequency - (count > 0) * presence
        assert same(p_drawn(settings, logits, history), softmax(lowered))
        assert not same(p_drawn(settings, logits, history), softmax(logits))


def test_dry_lowers_the_token_that_would_go_on_with_a_repetition(
    numbers: np.random.Generator, vocabulary: Vocabulary
) -> None:
    words = [vocabulary.tokenize(f" {word}", special=False)[0] for word in ("red", "house", "river", "stone", "tree")]
    red, house, river, stone, tree = words
    history = [red, house, river, stone, tree, red, house, river]  # three words again: " stone" would be the fourth
    logits = some_logits(numbers, vocabulary.n_tokens)
    lowered = logits.copy()
    lowered[stone] -= 0.9 * 1.5 ** (3 - 2)
    settings = replace(FREE, dry_multiplier=0.9, dry_base=1.5, dry_allowed_length=2)
    assert same(p_drawn(settings, logits, history, vocabulary.handle), softmax(lowered))
    longer = replace(settings, dry_allowed_length=4)
    assert same(p_drawn(longer, logits, history, vocabulary.handle), softmax(logits))
    assert same(p_drawn(settings, logits, history[:5], vocabulary.handle), softmax(logits))


def test_xtc_excludes_the_most_likely_but_the_last_of_them(numbers: np.random.Generator) -> None:
    logits = some_logits(numbers)
    logits[[7, 70, 170]] = logits.max() + np.array([1.0, 0.5, 0.25], dtype=np.float32)
    p = softmax(logits)
    top = np.flatnonzero(p >= 0.08)
    assert len(top) > 1
    kept = ~np.isin(np.arange(N_VOCAB), top) | (p == p[top].min())
    settings = replace(FREE, xtc_probability=1.0, xtc_threshold=0.08)
    assert same(p_drawn(settings, logits), only(kept, logits))
    sometimes = replace(settings, xtc_probability=0.5)
    chain = SamplerChain(sometimes, seed=2, n_vocab=N_VOCAB)
    excluded = []
    for _ in range(60):
        chain.draw(logits)
        excluded.append(same(p_of(chain), only(kept, logits)))
        assert excluded[-1] or same(p_of(chain), p)
    chain.close()
    assert 10 < sum(excluded) < 50


def test_whether_xtc_excludes_has_nothing_to_do_with_the_draw() -> None:
    """Both have one seed; were their numbers alike, some tokens would be drawn too rarely."""
    logits = np.log(np.array([0.4, 0.3, 0.2, 0.1], dtype=np.float32))
    chain = SamplerChain(replace(FREE, xtc_probability=0.5, xtc_threshold=0.25), seed=11, n_vocab=4)
    drawn = np.bincount([chain.draw(logits) for _ in range(4000)], minlength=4) / 4000
    chain.close()
    excluded = np.array([0.0, 0.3, 0.2, 0.1]) / 0.6  # those not excluded at the other half of the steps
    assert np.allclose(drawn, (np.array([0.4, 0.3, 0.2, 0.1]) + excluded) / 2, atol=0.04)


@pytest.mark.parametrize(("temperature", "width"), [(1.0, 0.6), (0.5, 0.9)])
def test_dynamic_temperature_follows_the_entropy(
    numbers: np.random.Generator, temperature: float, width: float
) -> None:
    for sharpness in (0.1, 1.0, 4.0):
        logits = some_logits(numbers) * np.float32(sharpness)
        p = softmax(logits)
        certainty = -(p * np.log(np.maximum(p, 1e-300))).sum() / np.log(N_VOCAB)
        low, high = max(0.0, temperature - width), temperature + width
        expected = softmax(logits / (low + (high - low) * certainty))
        settings = replace(FREE, temperature=temperature, dynatemp=width)
        assert same(p_drawn(settings, logits), expected)


def test_mirostat_2_cuts_at_mu_and_corrects_it(numbers: np.random.Generator) -> None:
    tau, eta = 3.0, 0.2
    chain = SamplerChain(replace(FREE, mirostat="2", mirostat_tau=tau, mirostat_eta=eta), seed=5, n_vocab=N_VOCAB)
    mu = 2 * tau
    for _ in range(20):
        logits = some_logits(numbers)
        kept = -np.log2(softmax(logits)) <= mu
        kept[logits.argmax()] = True
        token = chain.draw(logits)
        expected = only(kept, logits)
        assert same(p_of(chain), expected)
        mu -= eta * (-np.log2(expected[token]) - tau)
    chain.close()


def test_mirostat_1_keeps_as_many_as_its_paper_says(numbers: np.random.Generator) -> None:
    """k = ((s - 1) 2^mu / (1 - N^(1 - s)))^(1 / s), s estimated from the 100 most likely (Basu et al. 2021)."""
    tau, eta = 4.0, 0.1
    chain = SamplerChain(replace(FREE, mirostat="1", mirostat_tau=tau, mirostat_eta=eta), seed=5, n_vocab=N_VOCAB)
    mu = 2 * tau
    for _ in range(10):
        logits = some_logits(numbers)
        p = np.sort(softmax(logits))[::-1][:100]
        t = np.log(np.arange(2, 101) / np.arange(1, 100))
        s = float((t * np.log(p[:-1] / p[1:])).sum() / (t * t).sum())
        k = max(1, int(((s - 1) * 2**mu / (1 - N_VOCAB ** (1 - s))) ** (1 / s)))
        kept = np.isin(np.arange(N_VOCAB), np.argsort(logits)[::-1][:k])
        token = chain.draw(logits)
        expected = only(kept, logits)
        assert same(p_of(chain), expected)
        mu -= eta * (-np.log2(expected[token]) - tau)
    chain.close()


def test_a_logit_bias_is_added_to_its_token(numbers: np.random.Generator) -> None:
    logits = some_logits(numbers)
    biased = logits.copy()
    biased[11] += 5.0
    biased[12] -= 100.0
    biases = (LogitBias(token=11, bias=5.0), LogitBias(token=12, bias=-100.0))
    assert same(p_drawn(replace(FREE, logit_bias=biases), logits), softmax(biased))


def test_a_bias_counts_before_top_k_looks(numbers: np.random.Generator) -> None:
    """The short cut of top-k, which looks only at the best logits, would miss the one that is raised."""
    settings = SamplingSettings(
        top_k=2, top_p=1.0, min_p=0.0, temperature=1.0, logit_bias=(LogitBias(token=4, bias=50.0),)
    )
    chain = SamplerChain(settings, seed=1, n_vocab=N_VOCAB)
    for _ in range(5):
        logits = some_logits(numbers)
        logits[4] = logits.min() - 1
        chain.draw(logits)
        assert 4 in chain.candidates["id"]
    chain.close()


def test_neutral_values_change_no_draw(numbers: np.random.Generator, vocabulary: Vocabulary) -> None:
    steps = [some_logits(numbers, vocabulary.n_tokens) for _ in range(8)]

    def drawn(settings: SamplingSettings) -> list[int]:
        chain = SamplerChain(settings, seed=3, n_vocab=vocabulary.n_tokens, vocab=vocabulary.handle)
        found = [chain.draw(logits) for logits in steps]
        chain.close()
        return found

    usual = SamplingSettings()
    before = drawn(usual)
    advanced = [name for name, about in options_of(usual) if about.advanced]
    assert len(advanced) == 13
    for name in NEEDING_OTHERS:  # alone they do nothing, whatever they are
        about = dict(options_of(usual))[name]
        assert drawn(replace(usual, **{name: about.maximum})) == before
    for name in set(advanced) - set(NEEDING_OTHERS) - {"mirostat"}:  # a breath from neutral, and in force
        about = dict(options_of(usual))[name]
        value = getattr(usual, name)
        near = value + (1e-9 if value < (about.maximum or 0) else -1e-9)
        barely = replace(usual, **{name: near}) if name != "top_n_sigma" else replace(usual, top_n_sigma=10.0)
        assert drawn(barely) == before, name


@pytest.mark.parametrize("name", IN_FORCE)
def test_the_reply_of_the_real_model_changes(name: str, engine: EngineClient) -> None:
    prompt = RawPrompt(text="once a time there was a cat and the cat and the")
    settings = replace(FREE, temperature=0.9, seed=5, max_tokens=24)

    def ids(chosen: SamplingSettings) -> list[int]:
        events = engine.generate(prompt, chosen)
        return [token.id for event in events if isinstance(event, TokensEmitted) for token in event.tokens]

    before = ids(settings)
    assert ids(replace(settings, **IN_FORCE[name])) != before
    assert ids(settings) == before
