"""Between the chat view and the services: passes on wishes, shows what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from chatapp.core.branching import begun_whole
from chatapp.core.chat import Conversation, Message, Versions
from chatapp.core.errors import AppError, ErrorInfo, ErrorKind
from chatapp.protocol.engine import PromptProgress
from chatapp.services.adapter_trial import AdapterTrial, TriedAdapters
from chatapp.services.conversation import OpenedConversation
from chatapp.services.engine_status import EngineStatus
from chatapp.services.replies import ReplyFailed, TextAdded
from chatapp.storage.settings import Settings
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.chat.details_dialog import DetailsDialog
from chatapp.ui.tabs.chat.diff_dialog import DiffDialog
from chatapp.ui.tabs.chat.prompt_presenter import PromptPresenter
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.chat.wish import Wish, WishKind


class ChatPresenter(QObject):
    """Lives as long as its view."""

    def __init__(self, view: ChatView, context: AppContext) -> None:
        super().__init__(view)
        self._view = view
        self._conversations = conversations = context.conversations
        self._replies = replies = context.replies
        self._shelf = shelf = context.shelf
        self._records = context.records
        self._adapters = context.adapters
        self._preferences = context.preferences
        self._prompts = PromptPresenter(view, context)
        self._trial = AdapterTrial(conversations, replies, context.inference)
        self._trial.ended.connect(self._on_tried)
        self._shown_id: str | None = None
        view.prompt.submitted.connect(self._on_submitted)
        view.prompt.stop_requested.connect(conversations.stop)
        view.prompt.edit_last_requested.connect(self.edit_last)
        view.prompt.edit.textChanged.connect(lambda: conversations.set_draft(view.prompt.text()))
        view.new_requested.connect(conversations.new)
        view.conversations.open_requested.connect(conversations.open)
        view.transcript.wished.connect(self._on_wish)
        view.file_dropped.connect(self._on_dropped)
        context.library.failed.connect(self._on_library_failed)
        view.undo.undone.connect(shelf.restore)
        shelf.deleted.connect(self._on_deleted)
        shelf.restored.connect(lambda conversation: view.undo.forget(conversation.id))
        shelf.removed.connect(view.undo.forget)
        context.inference.prompt_progressed.connect(self._on_prompt_progressed)
        context.inference.status_changed.connect(self._on_status)
        context.inference.silence_changed.connect(view.silence.setVisible)
        view.silence.restart_requested.connect(context.inference.restart)
        conversations.opened.connect(self._on_opened)
        conversations.prompt_saved.connect(self._on_prompt_saved)
        conversations.message_added.connect(self._on_message_added)
        replies.started.connect(view.transcript.begin_message)
        replies.text_added.connect(self._on_text_added)
        replies.ended.connect(self._on_ended)
        replies.failed.connect(self._on_reply_failed)
        replies.queue_changed.connect(self._on_queue_changed)
        context.preferences.changed.connect(self._on_settings)
        self._on_settings(context.preferences.settings)
        view.show_empty()
        view.prompt.set_text(conversations.draft)
        window = context.preferences.settings.window
        view.show_parts(list_shown=window.list_shown, inspector_shown=window.inspector_shown)

    def edit_last(self) -> None:
        self._edit(self._view.transcript.last_question())

    def edit_reply(self) -> None:
        self._edit(self._view.transcript.last_reply())

    def regenerate_last(self) -> None:
        self._wish_for_reply(WishKind.REGENERATE)

    def continue_last(self) -> None:
        reply_id = self._view.transcript.last_reply()
        view = self._view.transcript.view_of(reply_id) if reply_id is not None else None
        if view is not None and view.can_continue():
            self._wish_for_reply(WishKind.CONTINUE)

    def show_last_prompt(self) -> None:
        self._wish_for_reply(WishKind.SHOW_PROMPT)

    def branch_off_last(self) -> None:
        self._wish_for_reply(WishKind.BRANCH_OFF)

    def compare_last(self) -> None:
        versioned = self._view.transcript.versioned()
        if versioned is not None:
            self._on_wish(Wish(WishKind.COMPARE, versioned))

    def try_adapters_on_last(self) -> None:
        self._wish_for_reply(WishKind.TRY_ADAPTERS)

    def step_version(self, step: int) -> None:
        versioned = self._view.transcript.versioned()
        view = self._view.transcript.view_of(versioned) if versioned is not None else None
        if view is not None:
            view.go_to_version(step)

    def copy_conversation(self) -> None:
        self._with_current(lambda current: self._shelf.read_markdown(current, QGuiApplication.clipboard().setText))

    def export(self) -> None:
        self._with_current(self._view.conversations.export)

    def rename(self) -> None:
        self._with_current(self._view.conversations.rename)

    def delete(self) -> None:
        self._with_current(self._shelf.delete)

    def toggle_list(self) -> None:
        self._view.toggle_list()
        self._keep_parts()

    def toggle_inspector(self) -> None:
        self._view.toggle_inspector()
        self._keep_parts()

    def toggle_pin(self) -> None:
        current = self._conversations.current
        if current is not None:
            self._shelf.change(current.id, pinned=not current.pinned)

    def _keep_parts(self) -> None:
        view, window = self._view, self._preferences.settings.window
        list_shown, inspector_shown = not view.conversations.isHidden(), not view.inspector.isHidden()
        self._preferences.set_window(replace(window, list_shown=list_shown, inspector_shown=inspector_shown))

    def _with_current(self, work: Callable[[str], None]) -> None:
        current = self._conversations.current
        if current is not None:
            work(current.id)

    def _edit(self, message_id: str | None) -> None:
        view = self._view.transcript.reveal(message_id) if message_id is not None else None
        if view is not None:
            view.begin_edit()

    def _wish_for_reply(self, kind: WishKind) -> None:
        reply_id = self._view.transcript.last_reply()
        if reply_id is not None:
            self._on_wish(Wish(kind, reply_id))

    def _on_submitted(self, text: str) -> None:
        self._try(lambda: self._conversations.send(text))

    def _on_wish(self, wish: Wish) -> None:
        conversations, message_id = self._conversations, wish.message_id
        match wish.kind:
            case WishKind.EDIT:
                self._try(lambda: conversations.edit(message_id, wish.text))
            case WishKind.REGENERATE:
                self._try(lambda: conversations.regenerate(message_id))
            case WishKind.CONTINUE:
                self._try(lambda: self._continue(message_id))
            case WishKind.CANCEL:
                self._replies.cancel(message_id)
            case WishKind.SHOW_VERSION:
                conversations.show_version(message_id)
            case WishKind.BRANCH_OFF:
                conversations.branch_off(message_id)
            case WishKind.SHOW_PROMPT:
                self._try(lambda: self._prompts.show(message_id))
            case WishKind.COMPARE:
                self._open_diff(message_id)
            case WishKind.TRY_ADAPTERS:
                self._try_adapters(message_id)
            case WishKind.DETAILS:
                view = self._view.transcript.view_of(message_id)
                if view is not None:
                    DetailsDialog(view.message, self._view).open()

    def _continue(self, message_id: str) -> None:
        """With its tokens, where they are in memory as those of the last reply are."""
        view = self._view.transcript.view_of(message_id)
        begun = begun_whole(view.message, self._records.known(message_id)) if view is not None else None
        self._conversations.continue_reply(message_id, begun)

    def _open_diff(self, message_id: str) -> None:
        view = self._view.transcript.view_of(message_id)
        if view is not None and view.versions is not None:
            texts = self._conversations.text_of
            DiffDialog(self._view.typesetting, view.versions, texts, self._view).open()

    def _try_adapters(self, message_id: str) -> None:
        view = self._view.transcript.view_of(message_id)
        if view is not None:
            self._try(lambda: self._trial.begin(view.message))

    def _on_tried(self, tried: TriedAdapters) -> None:
        if self._conversations.is_shown(tried.after):
            ids = (tried.before.id, tried.after.id)
            texts = self._conversations.text_of
            names = (self.tr("without adapters"), self.tr("with adapters"))
            DiffDialog(self._view.typesetting, Versions(ids=ids, place=1), texts, self._view, names).open()

    def _try(self, wish: Callable[[], None]) -> None:
        self._view.clear_error()
        try:
            wish()
        except AppError as problem:
            self._view.show_error(problem.info)

    def _on_opened(self, opened: OpenedConversation) -> None:
        view, conversation = self._view, opened.conversation
        view.clear_error()
        if not view.find_bar.isHidden():
            view.find_bar.close_bar()
        view.transcript.set_messages(opened.messages, opened.versions, opened.at)
        self._mark_first_kept()
        shown_id = conversation.id if conversation is not None else None
        view.conversations.select(shown_id)
        if shown_id != self._shown_id or shown_id is None:
            self._shown_id = shown_id
            if view.prompt.text() != self._conversations.draft:
                view.prompt.set_text(self._conversations.draft)
        self._on_queue_changed()
        if opened.messages:
            view.show_transcript()
        else:
            view.show_empty()
        if view.isVisible() and not view.inspector.isAncestorOf(view.focusWidget()):  # where a hand may be at work
            view.take_focus()

    def _on_dropped(self, path: str) -> None:
        if path.lower().endswith(".gguf"):
            self._adapters.use(Path(path))
        else:
            self._shelf.import_file(path)

    def _on_library_failed(self, info: ErrorInfo) -> None:
        """Of a model that was dropped here."""
        if self._view.isVisible():
            self._view.show_error(info)

    def _on_deleted(self, conversation: Conversation) -> None:
        self._view.undo.offer(conversation.id)

    def _on_prompt_progressed(self, progress: PromptProgress) -> None:
        writing = self._replies.writing
        if writing is not None and self._conversations.is_shown(writing):
            self._view.transcript.set_first_kept(self._conversations.first_kept(progress.left_out))

    def _mark_first_kept(self) -> None:
        self._view.transcript.set_first_kept(self._conversations.first_kept())

    def _on_prompt_saved(self, text: str) -> None:
        """Empties the box, unless something else was written into it meanwhile."""
        current = self._conversations.current
        self._shown_id = current.id if current is not None else None
        if self._view.prompt.text() == text:
            self._view.prompt.set_text("")
        self._view.conversations.select(self._shown_id)

    def _on_message_added(self, message: Message) -> None:
        self._view.transcript.add_message(message)
        self._view.show_transcript()

    def _on_text_added(self, added: TextAdded) -> None:
        self._view.transcript.add_text(added.message_id, added.text)

    def _on_ended(self, message: Message) -> None:
        if self._conversations.is_shown(message):
            self._view.transcript.finish_message(message)
            self._mark_first_kept()

    def _on_reply_failed(self, failed: ReplyFailed) -> None:
        self._view.transcript.show_error(failed.message_id, failed.error)

    def _on_queue_changed(self) -> None:
        current, writing = self._conversations.current, self._replies.writing
        self._view.prompt.set_writing(current is not None and self._replies.is_busy(current.id))
        line = [*([writing] if writing is not None else []), *self._replies.waiting]
        self._view.transcript.set_line([message.id for message in line])
        self._view.clear_error(ErrorKind.BUSY)

    def _on_status(self, status: EngineStatus) -> None:
        if status.model is not None:
            self._view.clear_error(ErrorKind.NO_MODEL)
            self._view.set_plain_template(not status.model.has_chat_template)

    def _on_settings(self, settings: Settings) -> None:
        self._view.prompt.set_send_key(settings.chat.send_key)
