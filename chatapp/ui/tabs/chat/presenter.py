"""Between the chat view and the services: passes on wishes, shows what happened."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from chatapp.core.chat import Message
from chatapp.core.errors import AppError, ErrorKind
from chatapp.protocol.engine import Failed, PromptProgress, PromptShown
from chatapp.services.conversation import ConversationService, OpenedConversation, ReplyFailed, TextAdded
from chatapp.services.inference import EngineStatus, InferenceService
from chatapp.ui.tabs.chat.prompt_dialog import PromptDialog
from chatapp.ui.tabs.chat.view import ChatView


class ChatPresenter(QObject):
    """Lives as long as its view."""

    def __init__(self, view: ChatView, conversations: ConversationService, inference: InferenceService) -> None:
        super().__init__(view)
        self._view = view
        self._conversations = conversations
        self._asked: dict[int, PromptDialog] = {}
        view.prompt.submitted.connect(self._on_submitted)
        view.prompt.stop_requested.connect(conversations.stop)
        view.new_requested.connect(conversations.new)
        view.conversations.open_requested.connect(conversations.open)
        view.transcript.retry_requested.connect(self._on_retry)
        view.prompt_requested.connect(self._on_prompt_requested)
        inference.prompt_progressed.connect(self._on_prompt_progressed)
        inference.prompt_shown.connect(self._on_prompt_shown)
        inference.failed.connect(self._on_failed)
        conversations.message_finished.connect(lambda _message: self._mark_first_kept())
        conversations.listed.connect(view.conversations.set_conversations)
        conversations.opened.connect(self._on_opened)
        conversations.prompt_saved.connect(self._on_prompt_saved)
        conversations.message_added.connect(self._on_message_added)
        conversations.text_added.connect(self._on_text_added)
        conversations.message_finished.connect(view.transcript.finish_message)
        conversations.reply_failed.connect(self._on_reply_failed)
        conversations.writing_changed.connect(self._on_writing_changed)
        inference.status_changed.connect(self._on_status)
        view.show_empty()

    def _on_submitted(self, text: str) -> None:
        self._try(lambda: self._conversations.send(text))

    def _on_retry(self, message_id: str) -> None:
        self._try(lambda: self._conversations.retry(message_id))

    def _try(self, wish: Callable[[], None]) -> None:
        self._view.clear_error()
        try:
            wish()
        except AppError as problem:
            self._view.show_error(problem.info)

    def _on_opened(self, opened: OpenedConversation) -> None:
        self._view.clear_error()
        self._view.transcript.set_messages(opened.messages)
        self._mark_first_kept()
        self._view.conversations.select(opened.conversation.id if opened.conversation is not None else None)
        if opened.messages:
            self._view.show_transcript()
        else:
            self._view.show_empty()
        if self._view.isVisible():
            self._view.take_focus()

    def _on_prompt_requested(self, reply_id: str) -> None:
        def ask() -> None:
            request_id = self._conversations.show_prompt(reply_id)
            dialog = self._view.open_prompt()
            self._asked[request_id] = dialog
            dialog.destroyed.connect(lambda: self._asked.pop(request_id, None))

        self._try(ask)

    def _on_prompt_shown(self, shown: PromptShown) -> None:
        if shown.request_id in self._asked:
            self._asked[shown.request_id].show_prompt(shown)

    def _on_failed(self, failed: Failed) -> None:
        if failed.request_id in self._asked:
            self._asked[failed.request_id].show_error(failed.error)

    def _on_prompt_progressed(self, progress: PromptProgress) -> None:
        if self._conversations.is_written_here():
            self._view.transcript.set_first_kept(self._conversations.first_kept(progress.left_out))

    def _mark_first_kept(self) -> None:
        self._view.transcript.set_first_kept(self._conversations.first_kept())

    def _on_prompt_saved(self, text: str) -> None:
        """Empties the box, unless something else was written into it meanwhile."""
        if self._view.prompt.text() == text:
            self._view.prompt.set_text("")
        current = self._conversations.current
        self._view.conversations.select(current.id if current is not None else None)

    def _on_message_added(self, message: Message) -> None:
        self._view.transcript.add_message(message)
        self._view.show_transcript()

    def _on_text_added(self, added: TextAdded) -> None:
        self._view.transcript.add_text(added.message_id, added.text)

    def _on_reply_failed(self, failed: ReplyFailed) -> None:
        self._view.transcript.show_error(failed.message_id, failed.error)

    def _on_writing_changed(self, writing: bool) -> None:
        self._view.prompt.set_writing(writing)
        self._view.clear_error(ErrorKind.BUSY)

    def _on_status(self, status: EngineStatus) -> None:
        if status.model is not None:
            self._view.clear_error(ErrorKind.NO_MODEL)
            self._view.set_plain_template(not status.model.has_chat_template)
