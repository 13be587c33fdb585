"""The line at the bottom: what the worker does, how fast, how full the context is, what computes."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from chatapp.core.models import LoadedModel
from chatapp.protocol.engine import Finished, PromptProgress, TokensEmitted
from chatapp.services.conversation import ConversationService, OpenedConversation
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.services.inference import InferenceService
from chatapp.ui.language import Translated

_EVERY_SECONDS = 0.25


class StatusBar(Translated, QWidget):
    def __init__(
        self, inference: InferenceService, conversations: ConversationService, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("statusbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._status = inference.status
        self._is_silent = False
        self._prompt = (0, 0)
        self._used = 0
        self._tokens = 0
        self._started = self._drawn = 0.0
        self._speed = 0.0
        self.state = QLabel()
        self.speed = QLabel()
        self.context = QLabel()
        self.device = QLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 5, 14, 5)
        layout.setSpacing(22)
        layout.addWidget(self.state)
        layout.addStretch()
        for label in (self.speed, self.context, self.device):
            layout.addWidget(label)
        inference.status_changed.connect(self._on_status)
        inference.silence_changed.connect(self._on_silence)
        inference.prompt_progressed.connect(self._on_prompt)
        inference.emitted.connect(self._on_tokens)
        inference.finished.connect(self._on_finished)
        conversations.opened.connect(self._on_opened)
        self.retranslate()

    def retranslate(self) -> None:
        self.state.setText(self._state_text())
        model = self._status.model
        self.speed.setText(self.tr("{speed:.1f} tokens/s").format(speed=self._speed) if self._speed else "")
        self.context.setText(
            self.tr("Context {used:,} of {limit:,}").format(used=self._used, limit=model.n_ctx) if model else ""
        )
        self.device.setText(self._device_text(model) if model else "")
        for label in (self.state, self.speed, self.context, self.device):
            label.setAccessibleName(label.text())

    def _device_text(self, model: LoadedModel) -> str:
        if model.n_gpu_layers:
            return self.tr("GPU · {count} of {total} layers").format(count=model.n_gpu_layers, total=model.n_layers + 1)
        threads = model.n_threads
        return self.tr("CPU · 1 thread") if threads == 1 else self.tr("CPU · {count} threads").format(count=threads)

    def _state_text(self) -> str:
        done, total = self._prompt
        if self._is_silent:
            return self.tr("Not responding")
        match self._status.state:
            case EngineState.EMPTY:
                return self.tr("No model loaded")
            case EngineState.LOADING:
                return self.tr("Loading the model… {percent}%").format(percent=round(self._status.fraction * 100))
            case EngineState.READY:
                return self.tr("Ready")
            case EngineState.GENERATING if done < total:
                return self.tr("Reading the prompt… {done:,} of {total:,} tokens").format(done=done, total=total)
            case EngineState.GENERATING:
                return self.tr("Writing…")

    def _on_status(self, status: EngineStatus) -> None:
        if status.state is EngineState.LOADING:
            self._used, self._speed = 0, 0.0
        self._status = status
        self.retranslate()

    def _on_silence(self, is_silent: bool) -> None:
        self._is_silent = is_silent
        self.retranslate()

    def _on_opened(self, opened: OpenedConversation) -> None:
        """The figures of the conversation now on show, as far as its last reply tells them."""
        if self._status.state is EngineState.GENERATING:
            return
        last = opened.messages[-1].reply.usage if opened.messages else None
        self._used = last.context_tokens if last is not None else 0
        self._speed = last.tokens_per_second if last is not None else 0.0
        self.retranslate()

    def _on_prompt(self, event: PromptProgress) -> None:
        self._prompt = (event.done, event.total)
        self._used, self._tokens, self._started = event.done, 0, time.monotonic()
        self.retranslate()

    def _on_tokens(self, event: TokensEmitted) -> None:
        self._tokens += len(event.tokens)
        self._used += len(event.tokens)
        now = time.monotonic()
        if now - self._drawn >= _EVERY_SECONDS and now > self._started:
            self._drawn = now
            self._speed = self._tokens / (now - self._started)
            self.retranslate()

    def _on_finished(self, event: Finished) -> None:
        self._used = event.usage.context_tokens
        self._speed = event.usage.tokens_per_second
        self.retranslate()
