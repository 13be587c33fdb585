"""One reply: evaluates the prompt in fixed chunks, then draws and evaluates one token after another."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Finished, PromptProgress, TokensEmitted
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.gathering import gathered
from chatapp.workers.engine.llama.context import Context
from chatapp.workers.engine.llama.prompt_memory import PromptMemory
from chatapp.workers.engine.llama.records import Recorder
from chatapp.workers.engine.llama.reuse import ReusePlan
from chatapp.workers.engine.llama.row_ring import RowRing, key_of
from chatapp.workers.engine.llama.sampler import SamplerChain
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from chatapp.workers.engine.text import TextStream
from chatapp.workers.engine.token_grammar import TokenGrammar


@dataclass(kw_only=True)
class Generation:
    """Everything one reply needs; `events` runs it once. rows: where the logits of its steps are kept, if they are
    recorded."""

    request_id: int
    context: Context
    memory: PromptMemory
    vocabulary: Vocabulary
    cancel: CancelFlag
    prompt: Sequence[int]
    left_out: int = 0
    sampling: SamplingSettings
    seed: int
    stop: Sequence[str]
    grammar: TokenGrammar | None = None
    probs: int = 0
    rows: RowRing

    def events(self) -> Iterator[PromptProgress | TokensEmitted | Finished]:
        """Progress, tokens soon after they are drawn, one Finished. Raises AppError; a cancellation ends with
        Finished."""
        self._recorder = Recorder(self.vocabulary, self.probs) if self.probs else None
        self._noted: list[int] = []  # the keys of those steps
        most = self._recorder.most_noted if self._recorder is not None else self.sampling.max_tokens
        return gathered(self._events(), self._with_records, most)

    def _events(self) -> Iterator[PromptProgress | TokensEmitted | Finished]:
        self._stream = TextStream(self.stop)
        self._text: list[str] = []
        self._count = 0
        self._started = self._prompt_done = time.perf_counter()
        reason = FinishReason.CANCELLED
        self._plan = ReusePlan(keep=0, exact=True)
        failure: AppError | None = None
        try:
            yield from self._evaluate_prompt()
            reason = yield from self._decode()
        except AppError as problem:
            failure = problem if problem.info.kind is not ErrorKind.CANCELLED else None
        rest = self._stream.close()
        if rest:
            yield self._emitted((), rest)
        if failure is not None:
            raise failure
        yield self._finished(reason)

    def _evaluate_prompt(self) -> Iterator[PromptProgress]:
        self.context.begin()
        self._plan = self.memory.begin(self.context, self.prompt)
        yield self._progress(self._plan.keep)
        for done in self.memory.evaluate_rest(self.context, self.prompt):
            self._prompt_done = time.perf_counter()
            yield self._progress(done)

    def _progress(self, done: int) -> PromptProgress:
        total = len(self.prompt)
        return PromptProgress(request_id=self.request_id, done=done, total=total, left_out=self.left_out)

    def _decode(self) -> Generator[TokensEmitted, None, FinishReason]:
        chain = SamplerChain(
            self.sampling,
            seed=self.seed,
            n_vocab=self.vocabulary.n_tokens,
            vocab=self.vocabulary.handle,
            grammar=self.grammar,
        )
        recorder = self._recorder
        chain.watched = recorder is not None
        logits = self.memory.prompt_logits
        key = key_of(self.prompt) if recorder is not None else 0
        try:
            limit = min(self.sampling.max_tokens, self.context.n_ctx - len(self.prompt))
            for index in range(limit):
                if self.cancel.is_set():
                    return FinishReason.CANCELLED
                if self.grammar is not None and self.grammar.is_over:
                    return FinishReason.STOP
                token = self._drawn(chain, logits)
                if recorder is not None:
                    recorder.note(logits, chain.last_draw())
                    self._noted.append(key)
                    key = key_of((token,), key)
                yield self._take(index, token)
                if self._stream.stopped_by is not None or self.vocabulary.ends_generation(token):
                    return FinishReason.STOP
                if index + 1 < limit:
                    self.context.evaluate((token,))
                    logits = self.context.logits()
            return FinishReason.LENGTH
        finally:
            chain.close()

    def _drawn(self, chain: SamplerChain, logits: npt.NDArray[np.float32]) -> int:
        try:
            return chain.draw(logits)
        except AppError as problem:
            if problem.info.kind is ErrorKind.MODEL_FILE:  # the cache holds what such logits were made of
                self.memory.forget()
                self.context.clear()
            raise

    def _with_records(self, tokens: Sequence[Token]) -> tuple[Token, ...]:
        """The tokens of the steps noted since the last call."""
        if self._recorder is None:
            return tuple(tokens)
        keys, self._noted = self._noted, []
        found: list[Token] = []
        for token, key, record in zip(tokens, keys, self._recorder.records(), strict=True):
            self.rows.keep(key, self._recorder.distribution)
            found.append(replace(token, record=record))
        return tuple(found)

    def _take(self, index: int, token: int) -> TokensEmitted:
        data = self.vocabulary.piece(token)
        readable, released = self._stream.feed(data)
        self._count += 1
        taken = Token(lane=0, index=index, id=token, text=readable, data=data, cut=self._stream.cut)
        return self._emitted((taken,), released)

    def _emitted(self, tokens: tuple[Token, ...], text: str) -> TokensEmitted:
        self._text.append(text)
        return TokensEmitted(request_id=self.request_id, tokens=tokens, text=text)

    def _finished(self, reason: FinishReason) -> Finished:
        ended = time.perf_counter()
        prompt_done = self._prompt_done if self._count else ended
        return Finished(
            request_id=self.request_id,
            text="".join(self._text),
            finish_reason=reason,
            seed=self.seed,
            reproducible=self._plan.exact and self.context.as_usual and reason is not FinishReason.CANCELLED,
            usage=Usage(
                prompt_tokens=len(self.prompt),
                cached_tokens=self._plan.keep,
                completion_tokens=self._count,
                prompt_ms=(prompt_done - self._started) * 1000,
                generate_ms=(ended - prompt_done) * 1000,
                context_tokens=self.context.n_past,
                left_out=self.left_out,
            ),
        )
