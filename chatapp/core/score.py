"""A score: how likely a model finds each token of a given text."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatapp.core.logits import best_logit


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredToken:
    """One token of the text. logprob and entropy in nats, of the model's distribution over its whole vocabulary
    before the token; rank 0 is the most likely. All None for a first token that nothing comes before."""

    index: int
    id: int
    text: str
    data: bytes
    logprob: float | None
    entropy: float | None
    rank: int | None


def distribution_figures(logits: npt.NDArray[np.float32], token: int) -> tuple[float, float, int]:
    """(log-probability of `token`, entropy, rank of `token`) of softmax(logits); logits: float32 (n_vocab,).

    Nats, summed in float64: log p_i = l_i - logsumexp(l), H = -sum p_i log p_i (Shannon 1948). Tokens of equal logit
    share the better rank. Raises AppError where the logits are no numbers.
    """
    shifted = logits.astype(np.float64) - float(best_logit(logits))
    weights = np.exp(shifted)
    total = float(weights.sum())
    log_total = math.log(total)
    finite = weights > 0
    entropy = log_total - float((weights[finite] * shifted[finite]).sum()) / total
    rank = int((logits > logits[token]).sum())
    return float(shifted[token]) - log_total, entropy, rank


def perplexity(nll: float, n: int) -> float:
    """exp(nll / n): nll the summed negative log-probability of n tokens in nats (Jelinek et al. 1977); n 0 gives 1."""
    return math.exp(nll / n) if n else 1.0
