"""Evaluates prompts in fixed chunks and remembers what the next one can reuse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from chatapp.workers.engine.llama.context import CHUNK, Context
from chatapp.workers.engine.llama.reuse import ReusePlan, plan_reuse


class PromptMemory:
    """Belongs to one context. prompt_logits: float32 (n_vocab,) after the last prompt, a copy. last_prompt: how many of
    the first cells were that prompt; exact_until: how many were evaluated as a fresh process would evaluate them."""

    def __init__(self, n_vocab: int) -> None:
        self.prompt_logits: npt.NDArray[np.float32] = np.zeros(n_vocab, dtype=np.float32)
        self.last_prompt = 0
        self.exact_until = 0
        self._logits_known = False

    def forget(self) -> None:
        """Call when something else has used the context."""
        self.last_prompt = self.exact_until = 0
        self._logits_known = False

    def restored(self, *, last_prompt: int, exact_until: int) -> None:
        """Call when the context was filled with what another memory knew that of."""
        self.last_prompt, self.exact_until, self._logits_known = last_prompt, exact_until, False

    def begin(self, context: Context, prompt: Sequence[int]) -> ReusePlan:
        """Brings the cache to the part of `prompt` it can keep."""
        plan = plan_reuse(
            context.cached,
            prompt,
            last_prompt=self.last_prompt,
            logits_known=self._logits_known,
            exact_until=self.exact_until,
            chunk=CHUNK,
        )
        if not context.rewind(plan.keep):
            plan = ReusePlan(keep=0, exact=True)
        self.exact_until = min(self.exact_until, plan.keep)
        if not plan.whole:
            self.last_prompt, self._logits_known = 0, False
            self.exact_until = self.exact_until // CHUNK * CHUNK
        return plan

    def evaluate_rest(self, context: Context, prompt: Sequence[int]) -> Iterator[int]:
        """Evaluates what is missing, up to each border of CHUNK tokens; yields how many tokens are done."""
        while (start := context.n_past) < len(prompt):
            end = min(len(prompt), (start // CHUNK + 1) * CHUNK)
            context.evaluate(prompt[start:end])
            if start == self.exact_until and context.as_usual:
                self.exact_until = end
            yield end
        if not self._logits_known:
            self.prompt_logits[:] = context.logits()
            self.last_prompt, self._logits_known = len(prompt), True
