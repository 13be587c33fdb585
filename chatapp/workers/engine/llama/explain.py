"""What other settings would have made of a step: from its kept row of logits, or by evaluating its tokens again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

import numpy as np
import numpy.typing as npt

from chatapp.core.distribution import Distribution, entropy_of
from chatapp.core.errors import error
from chatapp.core.sampling_sentences import TOKEN_UNKNOWN
from chatapp.core.sentences import CANCELLED
from chatapp.protocol.engine import Explain, Explained, PromptProgress
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama.context import CHUNK, Context
from chatapp.workers.engine.llama.prompt_memory import PromptMemory
from chatapp.workers.engine.llama.records import Recorder
from chatapp.workers.engine.llama.reuse import common_prefix
from chatapp.workers.engine.llama.row_ring import RowRing, key_of
from chatapp.workers.engine.llama.sampler import SamplerChain
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from chatapp.workers.engine.token_grammar import TokenGrammar

_SEED = 0  # of a draw that is not used


@dataclass(kw_only=True)
class Explanation:
    """One step. prompt: the ids of the request's prompt; grammar: that of its sampling."""

    request: Explain
    prompt: Sequence[int]
    grammar: TokenGrammar | None
    vocabulary: Vocabulary
    rows: RowRing

    def __post_init__(self) -> None:
        """Raises AppError(BAD_INPUT)."""
        asked = self.request.before if self.request.token is None else (*self.request.before, self.request.token)
        check_tokens(asked, self.vocabulary)
        self._ids = [*self.prompt, *self.request.before]

    def kept(self) -> Explained | None:
        """From the kept row; None where there is none. Raises AppError where nothing can be drawn from it."""
        row = self.rows.row(key_of(self._ids))
        return None if row is None else self._explained(row[0], replayed=row[1])

    def replayed(
        self, context: Context, memory: PromptMemory, cancel: CancelFlag
    ) -> Iterator[PromptProgress | Explained]:
        """The calls that a reply makes once more, as far as the cache does not hold what they gave: beside what it
        holds where there is room. Progress, then one Explained; raises AppError."""
        ids, n_prompt = self._ids, len(self.prompt)
        context.begin()
        ends = [*range(CHUNK, n_prompt, CHUNK), *range(n_prompt, len(ids) + 1)]
        keep = _made_alike(context, ids, ends)
        aside = context.can_look_aside(keep, len(ids) - keep)
        if not aside:
            memory.forget()
            keep = keep if context.rewind(keep) else 0
        calls = [ids[first:last] for first, last in pairwise([keep, *(end for end in ends if end > keep)])]
        done = keep
        key = key_of(ids[:keep])
        distribution = Distribution(self.vocabulary.n_tokens)
        for tokens in context.look_aside(keep, calls) if aside else context.go_on(calls):
            done += len(tokens)
            key = key_of(tokens, key)
            if done >= n_prompt:
                distribution.shift(context.logits())
                self.rows.keep(key, distribution, replayed=True)
            if cancel.is_set():
                raise error(CANCELLED)
            yield PromptProgress(request_id=self.request.request_id, done=done, total=len(ids))
        self.rows.keep_exact(key, context.logits())
        yield self._explained(context.logits(), replayed=True)

    def _explained(self, logits: npt.NDArray[np.float32], *, replayed: bool) -> Explained:
        request = self.request
        chain = SamplerChain(
            replace(request.sampling, xtc_probability=0.0, mirostat="0"),
            seed=_SEED,
            n_vocab=self.vocabulary.n_tokens,
            vocab=self.vocabulary.handle,
            grammar=self.grammar,
        )
        chain.watched = True
        recorder = Recorder(self.vocabulary, request.most)
        try:
            for token in request.before[len(request.before) - request.n_remembered :]:
                chain.remember(token)
            chain.draw(logits)
            token = int(logits.argmax()) if request.token is None else request.token
            record = recorder.record(logits, chain.last_draw(), token)
            entropy = 0.0 if chain.is_greedy else entropy_of(chain.candidates["p"])
        finally:
            chain.close()
        return Explained(
            request_id=request.request_id,
            record=record,
            entropy_sampled=entropy,
            replayed=replayed,
        )


def check_tokens(tokens: Iterable[int], vocabulary: Vocabulary) -> None:
    """Raises AppError(BAD_INPUT) for tokens that the model does not have: those of another model."""
    for token in tokens:
        if not 0 <= token < vocabulary.n_tokens:
            raise error(TOKEN_UNKNOWN, token=token, last=vocabulary.n_tokens - 1)


def _made_alike(context: Context, ids: Sequence[int], ends: Sequence[int]) -> int:
    """How many leading tokens of `ids` the cache holds from calls that ended at the same places: in larger or smaller
    ones it would be other numbers. The last token is not among them, for its logits."""
    common = min(common_prefix(context.cached, ids), len(ids) - 1)
    there = set(context.ends)
    alike = takewhile(lambda end: end <= common and end in there, ends)
    return max(alike, default=0)
