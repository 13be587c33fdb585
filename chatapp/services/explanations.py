"""Asking what a model makes of a step: one question at a time, and of those asked meanwhile only the last."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.errors import AppError
from chatapp.protocol.engine import Explain, Explained, Failed, PromptProgress
from chatapp.services.inference import InferenceService

PATIENCE_MS = 60  # for the answer to one question while the next waits: that may stand in line behind a reply


class Explanations(QObject):
    answered = Signal(object, object)
    """Explain as it was asked, Explained"""
    advanced = Signal(object)
    """float from 0 to 1, where tokens have to be evaluated"""
    failed = Signal(object)
    """ErrorInfo"""

    def __init__(self, inference: InferenceService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inference = inference
        self._asked: int | None = None
        self._question: Explain | None = None
        self._next: Explain | None = None
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._ask_instead)
        inference.advanced.connect(self._on_advanced)
        inference.answered.connect(self._on_answered)
        inference.failed.connect(self._on_failed)

    @property
    def is_asking(self) -> bool:
        """Whether an answer is to come."""
        return self._question is not None and self._asked is not None

    def ask(self, question: Explain) -> None:
        """Ends with `answered` or `failed`, unless another is asked before its turn or it is dropped. Its request_id is
        given to it."""
        self._next = question
        if self._asked is None:
            self._ask_next()
        elif not self._patience.isActive():
            self._patience.start()

    def drop(self) -> None:
        """Nothing is to be answered any more."""
        self._next = self._question = None
        if self._asked is not None:
            self._inference.cancel_asked(self._asked)

    def _ask_instead(self) -> None:
        """The next question in place of the one that is not answered, unless it is about the same step."""
        asked, following = self._question, self._next
        if self._asked is None or following is None:
            return
        if asked is None or (asked.prompt, asked.before) != (following.prompt, following.before):
            self._inference.cancel_asked(self._asked)
            self._asked = None
            self._ask_next()

    def _ask_next(self) -> None:
        self._patience.stop()
        question, self._next = self._next, None
        self._question = question
        if question is None:
            return
        try:
            self._asked = self._inference.ask(lambda i: msgspec.structs.replace(question, request_id=i))
        except AppError as problem:
            self.failed.emit(problem.info)

    def _on_advanced(self, event: object) -> None:
        if isinstance(event, PromptProgress) and event.request_id == self._asked and self._question is not None:
            self.advanced.emit(event.done / event.total)

    def _on_answered(self, event: object) -> None:
        if not isinstance(event, Explained) or event.request_id != self._asked:
            return
        question, self._asked = self._question, None
        self._ask_next()
        if question is not None:
            self.answered.emit(question, event)

    def _on_failed(self, event: Failed) -> None:
        if event.request_id is None or event.request_id != self._asked:
            return
        question, self._asked = self._question, None
        self._ask_next()
        if question is not None:
            self.failed.emit(event.error)
