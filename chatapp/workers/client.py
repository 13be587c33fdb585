"""Talks with an engine worker, without Qt: the terminal's, the conductor's and the tests' way to the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import TracebackType

from chatapp.core.errors import AppError, error
from chatapp.core.examples import TokenizedExample, TrainingText
from chatapp.core.models import AdapterSpec, LoadedModel, LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import CANCELLED, MODEL_CRASHED, WORKER_ENDED, WORKER_NEVER_READY, WORKER_SILENT
from chatapp.protocol.codec import COMMANDS, EVENTS
from chatapp.protocol.engine import (
    PROTOCOL_VERSION,
    AdaptersUsed,
    Cancel,
    CancelLane,
    ChatPrompt,
    Command,
    Compare,
    Compared,
    Event,
    ExamplesScored,
    Explain,
    Explained,
    Failed,
    Finished,
    Generate,
    Heartbeat,
    LaneFailed,
    LaneFinished,
    LaneStart,
    Loaded,
    LoadModel,
    LoadProgress,
    ModelQuantized,
    Prompt,
    PromptProgress,
    PromptShown,
    QuantizeModel,
    Ready,
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
    TrainingAnswer,
    UseAdapters,
)
from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command
from chatapp.workers.worker import Troubles, Worker

_CANCEL_SECONDS = 5.0
_ENDS = Loaded | Finished | PromptShown | StateSaved | Scored | Explained | Compared | AdaptersUsed | TrainingAnswer
# A busy worker sends something every half second, whatever it computes: only one that is stopped, or that a machine
# short of memory hardly lets run, says nothing for so long. Before its first word it reads its libraries, from a slow
# disk maybe.
SILENCE_SECONDS = 30.0
_TROUBLES = Troubles(never_ready=WORKER_NEVER_READY, ended=WORKER_ENDED, silent=WORKER_SILENT)


class EngineClient:
    """One worker process; use it as a context manager. Not for several threads, but for `cancel`."""

    def __init__(self, command: WorkerCommand | None = None, silence_seconds: float = SILENCE_SECONDS) -> None:
        """Starts the worker and waits for its first word; raises AppError(WORKER | PROTOCOL).

        command: by default an engine worker without a sandbox. A busy worker that says nothing for silence_seconds is
        ended.
        """
        command = command or worker_command(WorkerRole.ENGINE)
        self._worker: Worker[Command, Event] = Worker(command, COMMANDS, EVENTS, _TROUBLES)
        self._next_id = 0
        self._current: int | None = None
        self._overdue: threading.Timer | None = None
        self.model = ""
        """The path of the one that was loaded last."""
        try:
            self.ready = self._worker.first_word(Ready, PROTOCOL_VERSION, silence_seconds)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._worker.pid

    def load(self, spec: LoadSpec, progress: Callable[[float], None] | None = None) -> LoadedModel:
        """Loads a model; raises AppError."""
        for event in self._request(lambda request_id: LoadModel(request_id=request_id, spec=spec)):
            match event:
                case LoadProgress(fraction=fraction) if progress is not None:
                    progress(fraction)
                case Loaded(model=model):
                    self.model = spec.path
                    return model
                case _:
                    pass
        raise self._worker.died(error(MODEL_CRASHED, path=spec.path, detail=self.stderr()))

    def generate(
        self, prompt: Prompt, sampling: SamplingSettings, state: str = "", probs: int = 0
    ) -> Iterator[PromptProgress | TokensEmitted | Finished]:
        """The events of one reply, the last of them Finished; raises AppError."""
        for event in self._request(
            lambda i: Generate(request_id=i, prompt=prompt, sampling=sampling, state=state, probs=probs)
        ):
            if isinstance(event, PromptProgress | TokensEmitted | Finished):
                yield event
            if isinstance(event, Finished):
                return
        raise self._worker.died(None)

    def compare(
        self, prompt: Prompt, lanes: Sequence[LaneStart], probs: int = 0
    ) -> Iterator[PromptProgress | TokensEmitted | LaneFinished | LaneFailed | Compared]:
        """The events of all lanes, the last of them Compared; raises AppError."""
        for event in self._request(lambda i: Compare(request_id=i, prompt=prompt, lanes=tuple(lanes), probs=probs)):
            if isinstance(event, PromptProgress | TokensEmitted | LaneFinished | LaneFailed | Compared):
                yield event
            if isinstance(event, Compared):
                return
        raise self._worker.died(None)

    def cancel_lane(self, lane: int) -> None:
        """Ends one lane of the running comparison soon."""
        if self._current is not None:
            self._worker.send(CancelLane(request_id=self._current, lane=lane))

    def score(self, text: bytes | ChatPrompt, probs: int = 0) -> Iterator[PromptProgress | TokensScored | Scored]:
        """The scores of a text, the last event Scored; raises AppError."""
        for event in self._request(lambda i: Score(request_id=i, text=text, probs=probs)):
            if isinstance(event, PromptProgress | TokensScored | Scored):
                yield event
            if isinstance(event, Scored):
                return
        raise self._worker.died(None)

    def explain(self, make: Callable[[int], Explain]) -> Iterator[PromptProgress | Explained]:
        """One step, the last event Explained; raises AppError. make: the request with the id it is given."""
        for event in self._request(make):
            if isinstance(event, PromptProgress | Explained):
                yield event
            if isinstance(event, Explained):
                return
        raise self._worker.died(None)

    def show_prompt(self, prompt: Prompt, max_tokens: int) -> PromptShown:
        """The tokens that `generate` would evaluate; raises AppError."""
        for event in self._request(lambda i: ShowPrompt(request_id=i, prompt=prompt, max_tokens=max_tokens)):
            if isinstance(event, PromptShown):
                return event
        raise self._worker.died(None)

    def save_state(self, path: str, most_bytes: int = 1 << 40) -> StateSaved:
        """Writes what was evaluated to a file that `generate` can go on from; raises AppError."""
        for event in self._request(lambda i: SaveState(request_id=i, path=path, most_bytes=most_bytes)):
            if isinstance(event, StateSaved):
                return event
        raise self._worker.died(None)

    def use_adapters(self, adapters: Sequence[AdapterSpec]) -> AdaptersUsed:
        """Puts these in place of those in use, which stay where it raises AppError."""
        for event in self._request(lambda i: UseAdapters(request_id=i, adapters=tuple(adapters))):
            if isinstance(event, AdaptersUsed):
                return event
        raise self._worker.died(None)

    def quantize(self, source: str, target: str, file_type: int) -> ModelQuantized:
        """Writes the model in `source` to `target`, no model being loaded; raises AppError."""
        make = partial(QuantizeModel, source=source, target=target, file_type=file_type)
        for event in self._request(lambda i: make(request_id=i)):
            if isinstance(event, ModelQuantized):
                return event
        raise self._worker.died(None)

    def tokenize(self, texts: Sequence[TrainingText], previews: int = 0, preview_tokens: int = 0) -> Tokenized:
        """An example of each text; raises AppError. previews: see Tokenize."""
        for event in self._request(
            lambda i: Tokenize(request_id=i, texts=tuple(texts), previews=previews, preview_tokens=preview_tokens)
        ):
            if isinstance(event, Tokenized):
                return event
        raise self._worker.died(None)

    def score_examples(
        self, examples: Sequence[TokenizedExample], reference: str = ""
    ) -> Iterator[PromptProgress | ExamplesScored]:
        """Progress, the last event ExamplesScored; raises AppError."""
        for event in self._request(
            lambda i: ScoreExamples(request_id=i, examples=tuple(examples), reference=reference)
        ):
            if isinstance(event, PromptProgress | ExamplesScored):
                yield event
            if isinstance(event, ExamplesScored):
                return
        raise self._worker.died(None)

    def cancel(self) -> None:
        """Ends the running request soon, or the worker; safe from a signal handler or another thread."""
        if self._current is not None and self._overdue is None:
            self._overdue = threading.Timer(_CANCEL_SECONDS, self._on_overdue)
            self._overdue.daemon = True
            self._overdue.start()
            self._worker.send(Cancel(request_id=self._current))

    def _on_overdue(self) -> None:
        """It was asked to end the request, and did not in time."""
        self._worker.kill(error(CANCELLED))

    def alive(self) -> bool:
        """Whether the process can still be asked."""
        return self._worker.alive()

    def stderr(self) -> str:
        """The worker's last lines."""
        return self._worker.stderr()

    def close(self) -> None:
        """Ends the worker."""
        self._worker.close()

    def __enter__(self) -> EngineClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _request(self, make: Callable[[int], Command]) -> Iterator[Event]:
        """Sends one request and yields its events up to the terminal one; raises AppError for a Failed."""
        self._next_id += 1
        self._current = self._next_id
        try:
            self._worker.send(make(self._next_id))
            for event in self._worker.events:
                if isinstance(event, Ready | Heartbeat) or event.request_id not in (self._next_id, None):
                    continue
                if isinstance(event, Failed):
                    raise AppError(event.error)
                yield event
                if isinstance(event, _ENDS):
                    return
        finally:
            self._current = None
            if self._overdue is not None:
                self._overdue.cancel()
                self._overdue = None
