"""The logits of one step: whether a token can be drawn from them at all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chatapp.core.errors import error
from chatapp.core.sampling_sentences import LOGITS_BROKEN


def best_logit(logits: npt.NDArray[np.float32]) -> np.float32:
    """The greatest of `logits`, float32 (n_vocab,). Raises AppError where one is NaN or +inf, or none is above -inf.

    numpy's maximum is NaN where any value is, so that the one look the samplers need anyway sees all of it; a -inf
    only means that a token can't follow.
    """
    best: np.float32 = logits.max()
    if not -np.inf < best < np.inf:
        raise error(LOGITS_BROKEN, value=best)
    return best
