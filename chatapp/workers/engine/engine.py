"""What the command loop asks of an engine. Llama stands behind it in the app, a scripted one in the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from chatapp.core.models import BackendInfo, LoadedModel, LoadSpec
from chatapp.protocol.engine import (
    AdaptersUsed,
    Compare,
    Compared,
    ExamplesScored,
    Explain,
    Explained,
    Finished,
    Generate,
    LaneFailed,
    LaneFinished,
    ModelQuantized,
    PromptProgress,
    PromptShown,
    QuantizeModel,
    SaveState,
    Score,
    Scored,
    ScoreExamples,
    ShowPrompt,
    StateSaved,
    Tokenize,
    Tokenized,
    TokensEmitted,
    TokensScored,
    UseAdapters,
)
from chatapp.workers.engine.cancel import CancelFlag


class Engine(Protocol):
    """Used by one thread at a time; only the flag given at construction may be touched from another."""

    def backend(self) -> BackendInfo:
        """What the native side can do."""

    def load(self, spec: LoadSpec, progress: Callable[[float], None]) -> LoadedModel:
        """Loads a model, proven by one decoded token; raises AppError."""

    def generate(self, request: Generate) -> Iterator[PromptProgress | TokensEmitted | Finished]:
        """Progress, then exactly one Finished; raises AppError."""

    def compare(
        self, request: Compare
    ) -> Iterator[PromptProgress | TokensEmitted | LaneFinished | LaneFailed | Compared]:
        """Progress, an end of each lane, then exactly one Compared; raises AppError."""

    def show_prompt(self, request: ShowPrompt) -> PromptShown:
        """The tokens of a prompt; raises AppError."""

    def save_state(self, request: SaveState) -> StateSaved:
        """What was evaluated, in a file; raises AppError."""

    def use_adapters(self, request: UseAdapters) -> AdaptersUsed:
        """Those of the request in place of the ones in use, which stay where it raises AppError."""

    def score(self, request: Score) -> Iterator[PromptProgress | TokensScored | Scored]:
        """Scores, then exactly one Scored; raises AppError."""

    def tokenize(self, request: Tokenize) -> Tokenized:
        """Texts as a trainer is given them; raises AppError."""

    def score_examples(self, request: ScoreExamples) -> Iterator[PromptProgress | ExamplesScored]:
        """Progress, then exactly one ExamplesScored; raises AppError."""

    def quantize(self, request: QuantizeModel) -> ModelQuantized:
        """A file in another type; no model need be loaded; raises AppError."""

    def explain(self, request: Explain) -> Iterator[PromptProgress | Explained]:
        """Progress, then exactly one Explained; raises AppError."""

    def explain_kept(self, request: Explain) -> Explained | None:
        """The same between two events of `generate`; None where that has to wait until it is over; raises AppError."""


EngineFactory = Callable[[CancelFlag], Engine]
