"""One reply: evaluates the prompt in fixed chunks, then draws and evaluates one token after another."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.protocol.engine import Finished, PromptProgress, TokensEmitted
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.gathering import gathered
from chatapp.workers.engine.llama.context import Context
from chatapp.workers.engine.llama.lane import Lane
from chatapp.workers.engine.llama.prompt_memory import PromptMemory
from chatapp.workers.engine.llama.recording import Recording
from chatapp.workers.engine.llama.reuse import ReusePlan


@dataclass(kw_only=True)
class Generation:
    """Everything one reply needs; `events` runs it once. recording: that of its lane."""

    request_id: int
    context: Context
    memory: PromptMemory
    cancel: CancelFlag
    prompt: Sequence[int]
    left_out: int = 0
    lane: Lane
    recording: Recording | None

    def events(self) -> Iterator[PromptProgress | TokensEmitted | Finished]:
        """Progress, tokens soon after they are drawn, one Finished. Raises AppError; a cancellation ends with
        Finished."""
        if self.recording is None:
            return gathered(self._events(), tuple, self.lane.limit)
        return gathered(self._events(), self.recording.completed, self.recording.most_noted)

    def _events(self) -> Iterator[PromptProgress | TokensEmitted | Finished]:
        self._started = self._prompt_done = time.perf_counter()
        reason = FinishReason.CANCELLED
        self._plan = ReusePlan(keep=0, exact=True)
        failure: AppError | None = None
        try:
            yield from self._evaluate_prompt()
            reason = yield from self._decode()
        except AppError as problem:
            failure = problem if problem.info.kind is not ErrorKind.CANCELLED else None
        finally:
            rest = self.lane.close()
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
        lane, logits = self.lane, self.memory.prompt_logits
        while lane.ended is None:
            if self.cancel.is_set() or lane.number in self.cancel.lanes:
                return FinishReason.CANCELLED
            token, text = self._step(logits)
            yield self._emitted((token,), text)
            if lane.ended is None:
                self.context.evaluate((token.id,))
                logits = self.context.logits()
        return lane.ended

    def _step(self, logits: npt.NDArray[np.float32]) -> tuple[Token, str]:
        try:
            return self.lane.step(logits)
        except AppError as problem:
            if problem.info.kind is ErrorKind.MODEL_FILE:  # the cache holds what such logits were made of
                self.memory.forget()
                self.context.clear()
            raise

    def _emitted(self, tokens: tuple[Token, ...], text: str) -> TokensEmitted:
        return TokensEmitted(request_id=self.request_id, tokens=tokens, text=text, lane=self.lane.number)

    def _finished(self, reason: FinishReason) -> Finished:
        ended = time.perf_counter()
        prompt_done = self._prompt_done if self.lane.count else ended
        return Finished(
            request_id=self.request_id,
            text=self.lane.text,
            finish_reason=reason,
            seed=self.lane.seed,
            reproducible=self._is_reproducible and reason is not FinishReason.CANCELLED,
            usage=Usage(
                prompt_tokens=len(self.prompt),
                cached_tokens=self._plan.keep,
                completion_tokens=self.lane.count,
                prompt_ms=(prompt_done - self._started) * 1000,
                generate_ms=(ended - prompt_done) * 1000,
                context_tokens=self.context.n_past,
                left_out=self.left_out,
            ),
        )

    @property
    def _is_reproducible(self) -> bool:
        is_fresh = self.lane.count == len(self.lane.ids)
        return is_fresh and self._plan.exact and self.context.as_usual
