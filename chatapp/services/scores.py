"""Scoring a text: one at a time, after the replies that are written or wait."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chatapp.core.chat import Message
from chatapp.core.errors import AppError, error
from chatapp.core.sentences import CANCELLED
from chatapp.protocol.engine import ChatPrompt, Failed, PromptProgress, Score, Scored, TokensScored
from chatapp.services.inference import InferenceService
from chatapp.services.replies import Replies


class Scores(QObject):
    """A reply goes first: what is being scored ends, and begins again when no reply is left."""

    begun = Signal(object)
    """bool: whether it waits for replies; what was told of it before no longer counts"""
    advanced = Signal(object)
    """float from 0 to 1"""
    scored = Signal(object)
    """tuple[Token, ...]: the next ones"""
    ended = Signal(object)
    """Scored"""
    failed = Signal(object)
    """ErrorInfo; of kind CANCELLED also where a person wanted it so"""

    def __init__(self, inference: InferenceService, replies: Replies, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inference = inference
        self._replies = replies
        self._wanted: tuple[bytes | ChatPrompt, int] | None = None
        self._asked: int | None = None
        inference.advanced.connect(self._on_advanced)
        inference.answered.connect(self._on_answered)
        inference.failed.connect(self._on_failed)
        replies.started.connect(self._on_started)
        replies.queue_changed.connect(self._begin)

    def score(self, text: bytes | ChatPrompt, probs: int) -> None:
        """See Score. Ends with `ended` or `failed`, unless another is asked for before that."""
        self._give_way()
        self._wanted = (text, probs)
        self._begin()
        if self._asked is None and self._wanted is not None:
            self.begun.emit(True)

    def cancel(self) -> None:
        """What runs fails soon, what waits at once."""
        if self._asked is not None:
            self._inference.cancel_asked(self._asked)
            self._wanted = None
        elif self._wanted is not None:
            self._wanted = None
            self.failed.emit(error(CANCELLED).info)

    def _on_started(self, _message: Message) -> None:
        self._give_way()

    def _give_way(self) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            self._inference.cancel_asked(asked)
            if self._wanted is None:
                self.failed.emit(error(CANCELLED).info)
            else:
                self.begun.emit(True)

    def _begin(self) -> None:
        wanted = self._wanted
        if wanted is None or self._asked is not None or self._replies.writing is not None or self._replies.waiting:
            return
        text, probs = wanted
        try:
            self._asked = self._inference.ask(lambda i: Score(request_id=i, text=text, probs=probs))
        except AppError as problem:
            self._wanted = None
            self.failed.emit(problem.info)
        else:
            self.begun.emit(False)

    def _on_advanced(self, event: PromptProgress | TokensScored) -> None:
        if event.request_id != self._asked:
            return
        if isinstance(event, PromptProgress):
            self.advanced.emit(event.done / event.total)
        else:
            self.scored.emit(event.tokens)

    def _on_answered(self, event: object) -> None:
        if isinstance(event, Scored) and event.request_id == self._asked:
            self._asked = self._wanted = None
            self.ended.emit(event)

    def _on_failed(self, event: Failed) -> None:
        if event.request_id is not None and event.request_id == self._asked:
            self._asked = self._wanted = None
            self.failed.emit(event.error)
