"""Between the inspector and the services."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from chatapp.core.context_use import context_use
from chatapp.core.errors import AppError
from chatapp.protocol.engine import ChatPrompt, Failed, PromptShown, ShowPrompt
from chatapp.services.engine_status import EngineState
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.chat.inspector import Inspector

_ASK_AFTER_MS = 150


class InspectorPresenter(QObject):
    """Counts the tokens of the context anew when they may have changed and somebody looks."""

    def __init__(self, view: Inspector, context: AppContext) -> None:
        super().__init__(view)
        self._view = view
        self._conversations = conversations = context.conversations
        self._inference = context.inference
        self._preferences = context.preferences
        self._asked: int | None = None
        self._prompt: ChatPrompt | None = None
        self._timer = QTimer(self, singleShot=True, interval=_ASK_AFTER_MS)
        self._timer.timeout.connect(self._ask)
        view.sampling.changed.connect(conversations.set_sampling)
        view.sampling.reset_requested.connect(lambda: conversations.set_sampling(None))
        view.context.system_prompt_changed.connect(self._on_system_prompt)
        view.currentChanged.connect(lambda _place: self._timer.start())
        conversations.options_changed.connect(self._show_options)
        conversations.options_needed.connect(view.flush)
        context.preferences.changed.connect(lambda _settings: self._show_options())
        conversations.opened.connect(lambda _opened: self._timer.start())
        context.replies.ended.connect(lambda _message: self._timer.start())
        context.inference.status_changed.connect(lambda _status: self._timer.start())
        context.inference.answered.connect(self._on_answered)
        context.inference.failed.connect(self._on_failed)
        self._show_options()

    def refresh(self) -> None:
        self._timer.start()

    def _show_options(self) -> None:
        current = self._conversations.current
        own = current is not None and current.sampling is not None
        own = own or self._conversations.sampling != self._preferences.settings.sampling
        self._view.sampling.show_sampling(self._conversations.sampling, own=own)
        self._view.context.show_system_prompt(self._conversations.system_prompt)
        self._timer.start()

    def _on_system_prompt(self, text: str) -> None:
        try:
            self._conversations.set_system_prompt(text)
        except AppError as problem:
            self._view.context.show_error(problem.info)

    def _ask(self) -> None:
        if not self._view.isVisible() or self._view.currentWidget() is not self._view.context:
            return
        if self._inference.status.state is not EngineState.READY or self._asked is not None:
            return  # the end of the reply or the answer asks again
        prompt = self._prompt = self._conversations.context_prompt()
        limit = self._conversations.sampling.max_tokens
        if not prompt.messages:
            self._view.context.show_use(None)
            return
        try:
            self._asked = self._inference.ask(lambda i: ShowPrompt(request_id=i, prompt=prompt, max_tokens=limit))
        except AppError as problem:
            self._view.context.show_error(problem.info)

    def _on_answered(self, shown: object) -> None:
        if not isinstance(shown, PromptShown) or shown.request_id != self._asked or self._prompt is None:
            return
        self._asked = None
        messages = self._prompt.messages
        self._view.context.show_use(context_use(shown.tokens, messages, limit=shown.n_ctx, left_out=shown.left_out))
        if self._prompt != self._conversations.context_prompt():
            self._timer.start()

    def _on_failed(self, failed: Failed) -> None:
        if failed.request_id == self._asked:
            self._asked = None
            self._view.context.show_error(failed.error)
