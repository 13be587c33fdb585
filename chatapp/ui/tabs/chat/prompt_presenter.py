"""Between the windows that show exact prompts and the model, which tells their tokens and scores them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from chatapp.core.chat import Role
from chatapp.core.errors import ErrorInfo, ErrorKind
from chatapp.protocol.engine import ChatPrompt, Failed, PromptShown, ShowPrompt
from chatapp.services.scores import Scores
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.chat.prompt_dialog import PromptDialog
from chatapp.ui.tabs.chat.view import ChatView


class PromptPresenter(QObject):
    """Lives as long as its view."""

    def __init__(self, view: ChatView, context: AppContext) -> None:
        super().__init__(view)
        self._view = view
        self._conversations = context.conversations
        self._replies = context.replies
        self._inference = context.inference
        self._asked: dict[int, tuple[PromptDialog, ChatPrompt]] = {}
        context.inference.answered.connect(self._on_answered)
        context.inference.failed.connect(self._on_failed)

    def show(self, reply_id: str) -> None:
        """Opens a window with the prompt behind that reply. Raises AppError."""
        prompt, limit = self._conversations.prompt_of(reply_id), self._conversations.sampling.max_tokens
        request_id = self._inference.ask(lambda i: ShowPrompt(request_id=i, prompt=prompt, max_tokens=limit))
        dialog = self._view.open_prompt()
        self._asked[request_id] = (dialog, prompt)
        dialog.destroyed.connect(lambda: self._asked.pop(request_id, None))

    def _on_answered(self, shown: object) -> None:
        if not isinstance(shown, PromptShown) or shown.request_id not in self._asked:
            return
        dialog, prompt = self._asked[shown.request_id]
        dialog.show_prompt(shown)
        scores = Scores(self._inference, self._replies, dialog)
        scores.begun.connect(dialog.show_scoring)
        scores.advanced.connect(dialog.show_progress)
        scores.scored.connect(dialog.add_scores)
        scores.ended.connect(lambda _scored: dialog.show_scores())
        scores.failed.connect(partial(self._on_score_failed, dialog))
        dialog.score_requested.connect(lambda: scores.score(_without_oldest(prompt, shown.left_out), 0))
        dialog.finished.connect(lambda _result: scores.cancel())

    def _on_failed(self, failed: Failed) -> None:
        if failed.request_id in self._asked:
            self._asked[failed.request_id][0].show_error(failed.error)

    def _on_score_failed(self, dialog: PromptDialog, info: ErrorInfo) -> None:
        dialog.stop_scoring()
        if info.kind is not ErrorKind.CANCELLED:
            dialog.show_error(info)


def _without_oldest(prompt: ChatPrompt, left_out: int) -> ChatPrompt:
    """What is shown of a prompt of which the oldest messages did not fit."""
    messages = prompt.messages
    n_system = next((at for at, m in enumerate(messages) if m.role is not Role.SYSTEM), len(messages))
    kept = messages[:n_system] + messages[n_system + left_out :]
    return ChatPrompt(messages=kept, plain=prompt.plain, continues=prompt.continues)
