"""What a comparison needs around it, without a worker and a disk: the test says what the engine says."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from PySide6.QtCore import QObject, Signal

from chatapp.core.comparison import Comparison, LaneResult
from chatapp.core.errors import ErrorInfo
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.token_record import TokenRecord
from chatapp.protocol.engine import (
    Compare,
    Compared,
    Failed,
    LaneFailed,
    LaneFinished,
    PromptProgress,
    TokensEmitted,
)
from chatapp.services.background import Background
from chatapp.services.comparison import ComparisonService
from chatapp.storage.settings import Settings
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.rich_text import Typesetting
from tests.builders import token_record


class MemoryComparisons:
    """The methods of storage.comparisons.ComparisonStore."""

    def __init__(self) -> None:
        self.kept: dict[str, Comparison] = {}

    def save(self, comparison_id: str, comparison: Comparison) -> None:
        self.kept[comparison_id] = comparison

    def save_lane(self, comparison_id: str, place: int, lane: LaneResult) -> None:
        old = self.kept[comparison_id]
        lanes = (*old.lanes[:place], lane, *old.lanes[place + 1 :])
        self.kept[comparison_id] = Comparison(prompt=old.prompt, model=old.model, lanes=lanes, together=old.together)

    def listed(self) -> list[str]:
        return list(self.kept)

    def load(self, comparison_id: str) -> Comparison:
        return self.kept[comparison_id]

    def remove(self, comparison_id: str) -> None:
        del self.kept[comparison_id]


class FakeInference(QObject):
    """Keeps what is asked; the methods below say what an engine would."""

    status_changed = Signal(object)
    advanced = Signal(object)
    answered = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.status = SimpleNamespace(path="/model.gguf", model=object())
        self.asked: list[Compare] = []
        self.cancelled: list[tuple[int, int | None]] = []

    def ask(self, make: Callable[[int], Compare]) -> int:
        self.asked.append(make(len(self.asked) + 1))
        return len(self.asked)

    def cancel_asked(self, request_id: int, lane: int | None = None) -> None:
        self.cancelled.append((request_id, lane))

    def read(self, done: int, total: int) -> None:
        self.advanced.emit(PromptProgress(request_id=len(self.asked), done=done, total=total))

    def write(self, lane: int, *texts: str, first: int = 0, records: list[TokenRecord] | None = None) -> None:
        tokens = tuple(
            Token(
                lane=lane,
                index=first + at,
                id=100 + at,
                text=text,
                data=text.encode(),
                record=records[at] if records is not None else token_record(0.5),
            )
            for at, text in enumerate(texts)
        )
        self.advanced.emit(TokensEmitted(request_id=len(self.asked), tokens=tokens, text="".join(texts), lane=lane))

    def end_lane(self, lane: int, text: str, reason: FinishReason = FinishReason.STOP) -> None:
        usage = Usage(
            prompt_tokens=5,
            cached_tokens=0,
            completion_tokens=10,
            prompt_ms=1.0,
            generate_ms=500.0,
            context_tokens=15,
        )
        self.advanced.emit(
            LaneFinished(
                request_id=len(self.asked),
                lane=lane,
                text=text,
                finish_reason=reason,
                seed=next(each.sampling.seed for each in self.asked[-1].lanes if each.number == lane) or 0,
                reproducible=True,
                usage=usage,
            )
        )

    def fail_lane(self, lane: int, info: ErrorInfo) -> None:
        self.advanced.emit(LaneFailed(request_id=len(self.asked), lane=lane, error=info))

    def end(self, *, together: bool = True) -> None:
        self.answered.emit(Compared(request_id=len(self.asked), n_tokens=10, generate_ms=500.0, together=together))

    def fail(self, info: ErrorInfo) -> None:
        self.failed.emit(Failed(request_id=len(self.asked), error=info))


class FakeReplies(QObject):
    started = Signal(object)
    queue_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.writing: object | None = None
        self.waiting: list[object] = []


class FakePreferences(QObject):
    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.settings = Settings()

    def use(self, settings: Settings) -> None:
        self.settings = settings
        self.changed.emit(settings)


class FakeKept(QObject):
    """What is kept is told by the test."""

    listed = Signal(object)
    loaded = Signal(object)
    removed = Signal(object)
    exported = Signal(object)


class FakeLaneChats:
    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    def send(self, comparison_id: str, _comparison: Comparison, place: int) -> None:
        self.sent.append((comparison_id, place))


class Parts:
    """A ComparisonService over the fakes, and the context that a presenter is given."""

    def __init__(self, theme: Theme) -> None:
        self.store, self.inference, self.replies = MemoryComparisons(), FakeInference(), FakeReplies()
        self.preferences = FakePreferences()
        writes = SimpleNamespace(write=lambda _what, work: work())
        made: Any = ComparisonService
        self.service: ComparisonService = made(self.store, self.inference, self.replies, writes)
        self.sweep: ComparisonService = made(self.store, self.inference, self.replies, writes)
        self.background = Background("test")
        self.kept, self.lane_chats = FakeKept(), FakeLaneChats()
        self.context = cast(
            AppContext,
            SimpleNamespace(
                comparison=self.service,
                sweep=self.sweep,
                kept=self.kept,
                lane_chats=self.lane_chats,
                inference=self.inference,
                preferences=self.preferences,
                theme=theme,
                typesetting=Typesetting(theme, self.background, self.service),
            ),
        )
