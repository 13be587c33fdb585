"""The conversations: which there are, which is on show, and the reply being written.

Order of things when a prompt is sent: checked, written to the disk, and only then handed to the engine. A streamed
reply is written again every SAVE_EVERY_MS, so that the end of any process costs at most that much of it.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.chat import (
    Conversation,
    Message,
    MessageState,
    Reply,
    Role,
    WhenFull,
    as_prompt,
    branch,
    checked_prompt,
    sent,
    title_of,
)
from chatapp.core.errors import AppError, ErrorInfo, error
from chatapp.core.generation import Token, reply_ids
from chatapp.core.sentences import NO_MODEL_LOADED, REPLY_BUSY
from chatapp.protocol.engine import ChatPrompt, Failed, Finished, TokensEmitted
from chatapp.services.background import Background
from chatapp.services.inference import EngineState, InferenceService
from chatapp.services.notifier import Notifier
from chatapp.services.preferences import Preferences
from chatapp.services.saved_contexts import SavedContexts
from chatapp.storage.chats import ChatStore

SAVE_EVERY_MS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedConversation:
    """conversation None: a new one, not yet stored. messages: the branch on show, oldest first."""

    conversation: Conversation | None
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAdded:
    message_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFailed:
    """The reply `message_id` ended with an error; its text so far is kept."""

    message_id: str
    error: ErrorInfo


@dataclass(slots=True, kw_only=True)
class _ActiveReply:
    message: Message
    parts: list[str]
    tokens: list[Token] = field(default_factory=list)
    request_id: int = 0
    unsaved: bool = False
    saving: bool = False

    def text(self) -> str:
        self.parts = ["".join(self.parts)]
        return self.parts[0]


class ConversationService(QObject):
    listed = Signal(object)
    """list[Conversation], the one changed last first"""
    opened = Signal(object)
    """OpenedConversation"""
    prompt_saved = Signal(object)
    """str: the prompt is on the disk, its box may be emptied"""
    message_added = Signal(object)
    """Message, at the end of the branch on show"""
    message_finished = Signal(object)
    """Message in its last state"""
    text_added = Signal(object)
    """TextAdded, of the conversation on show"""
    reply_failed = Signal(object)
    """ReplyFailed"""
    writing_changed = Signal(object)
    """bool: a reply is being written, in this conversation or another"""

    def __init__(
        self,
        store: ChatStore,
        inference: InferenceService,
        preferences: Preferences,
        background: Background,
        notifier: Notifier,
        contexts: SavedContexts,
    ) -> None:
        super().__init__()
        self._store = store
        self._inference = inference
        self._preferences = preferences
        self._background = background
        self._notifier = notifier
        self._contexts = contexts
        self._conversations: list[Conversation] = []
        self._current: Conversation | None = None
        self._messages: dict[str, Message] = {}
        self._reply: _ActiveReply | None = None
        self._last_reply: Message | None = None
        self._unsaved: list[Message] = []
        self._sending = False
        self._save_timer = QTimer(self, interval=SAVE_EVERY_MS)
        self._save_timer.timeout.connect(self._save_text)
        inference.emitted.connect(self._on_emitted)
        inference.finished.connect(self._on_finished)
        inference.failed.connect(self._on_failed)

    @property
    def writing(self) -> bool:
        return self._reply is not None

    @property
    def current(self) -> Conversation | None:
        """The conversation on show; None: a new one."""
        return self._current

    def start(self) -> None:
        """Recovers what a crash left open, then lists the conversations."""
        self._background.run(self._recover_and_list, self._on_listed, self._notifier.post)

    def new(self) -> None:
        """An empty conversation; stored with its first prompt."""
        self._show(None, [])

    def open(self, conversation_id: str) -> None:
        self._background.run(
            lambda: self._store.messages(conversation_id),
            lambda messages: self._show(self._find(conversation_id), messages),
            self._notifier.post,
        )

    def send(self, text: str) -> None:
        """Asks `text` at the end of the branch on show. Raises AppError; nothing has happened then."""
        checked_prompt(text)
        self._check_free()
        now = time.time()
        fresh = Conversation(id=_new_id(), title=title_of(text), created_at=now, updated_at=now)
        conversation = self._current or fresh
        question = Message(
            id=_new_id(),
            conversation_id=conversation.id,
            parent_id=conversation.leaf_id,
            role=Role.USER,
            text=text,
            created_at=now,
        )
        self._ask(conversation, question, is_new=True)

    def retry(self, reply_id: str) -> None:
        """Asks the question of that reply again; the reply it had stays in the tree. Raises AppError."""
        reply = self._messages.get(reply_id)
        question = self._messages.get(reply.parent_id or "") if reply is not None else None
        if question is None or self._current is None:
            return
        self._check_free()
        self._ask(self._current, question, is_new=False)

    def show_prompt(self, reply_id: str) -> int:
        """Asks the engine for the exact prompt of that reply, as it would be sent now; see InferenceService. Raises
        AppError."""
        message = self._messages.get(reply_id)
        history = branch(self._messages, message.parent_id if message is not None else None)
        return self._inference.show_prompt(self._prompt(history), self._preferences.settings.sampling.max_tokens)

    def is_written_here(self) -> bool:
        """Whether the reply being written belongs to the conversation on show."""
        return self._reply is not None and self._is_shown(self._reply.message)

    def first_kept(self, left_out: int | None = None) -> str | None:
        """The id of the oldest message on show that the model still sees, when it leaves out that many; without a
        number, as many as at the last reply. None: it sees all."""
        shown = branch(self._messages, self._current.leaf_id if self._current is not None else None)
        if left_out is None:
            left_out = next((m.reply.usage.left_out for m in reversed(shown) if m.reply.usage is not None), 0)
        turns = sent(message for message in shown if message.state is not MessageState.STREAMING)
        return turns[left_out].id if 0 < left_out < len(turns) else None

    def _prompt(self, history: list[Message]) -> ChatPrompt:
        chat = self._preferences.settings.chat
        return ChatPrompt(
            messages=as_prompt(history, model=self._inference.status.path),
            when_full=WhenFull(chat.when_full),
            plain=chat.template == "plain",
        )

    def stop(self) -> None:
        """Ends the reply being written; its text is kept."""
        if self._reply is not None:
            self._inference.cancel()

    def close(self) -> None:
        """Puts the reply being written into the line for storage as interrupted."""
        self._save_timer.stop()
        reply, self._reply = self._reply, None
        if reply is not None:
            self._unsaved.append(replace(reply.message, text=reply.text(), state=MessageState.INTERRUPTED))
        for message in self._unsaved:
            self._background.run(partial(self._store.finish, message), lambda _: None, lambda _: None)

    def _check_free(self) -> None:
        if self._reply is not None or self._sending:
            raise error(REPLY_BUSY)
        if self._inference.status.state is EngineState.EMPTY:
            raise error(NO_MODEL_LOADED)

    def _ask(self, conversation: Conversation, question: Message, *, is_new: bool) -> None:
        reply = Message(
            id=_new_id(),
            conversation_id=conversation.id,
            parent_id=question.id,
            role=Role.ASSISTANT,
            text="",
            created_at=time.time(),
            state=MessageState.STREAMING,
            reply=Reply(model=self._inference.status.path),
        )
        asked_from = self._current
        stored = replace(conversation, leaf_id=reply.id, updated_at=reply.created_at)
        turn = [question, reply] if is_new else [reply]
        history = [*branch(self._messages, question.parent_id), question]

        def saved(_result: None) -> None:
            self._sending = False
            self._begin(stored, turn, history, is_shown=self._current is asked_from)

        def not_saved(info: ErrorInfo) -> None:
            self._sending = False
            self._notifier.post(info)

        self._sending = True
        self._background.run(lambda: self._store.add_turn(stored, turn), saved, not_saved)

    def _begin(
        self, conversation: Conversation, turn: list[Message], history: list[Message], *, is_shown: bool
    ) -> None:
        """The turn is on the disk: shows it, unless another conversation was opened meanwhile, and asks the engine."""
        reply = turn[-1]
        if is_shown:
            self._current = conversation
            self._messages.update({message.id: message for message in turn})
            if len(turn) == 1:  # a retry: the branch on show changes
                self._emit_opened()
        self._update_list(conversation)
        if len(turn) > 1:
            self.prompt_saved.emit(turn[0].text)
            for message in turn if is_shown else ():
                self.message_added.emit(message)
        self._reply = _ActiveReply(message=reply, parts=[])
        self.writing_changed.emit(True)
        try:
            prompt, state = self._prompt(history), self._contexts.begin(conversation.id)
            self._reply.request_id = self._inference.generate(prompt, self._preferences.settings.sampling, state)
        except AppError as problem:
            self._end_reply(MessageState.INTERRUPTED, problem.info)
            return
        self._save_timer.start()

    def _on_emitted(self, event: TokensEmitted) -> None:
        reply = self._reply
        if reply is None or event.request_id != reply.request_id:
            return
        reply.tokens += event.tokens
        if not event.text:
            return
        reply.parts.append(event.text)
        reply.unsaved = True
        if self._is_shown(reply.message):
            self.text_added.emit(TextAdded(message_id=reply.message.id, text=event.text))

    def _on_finished(self, event: Finished) -> None:
        reply = self._reply
        if reply is None or event.request_id != reply.request_id:
            return
        how = Reply(
            model=reply.message.reply.model,
            finish_reason=event.finish_reason,
            seed=event.seed,
            usage=event.usage,
            ids=reply_ids(reply.tokens, event.text),
        )
        reply.message = replace(reply.message, reply=how)
        self._end_reply(MessageState.COMPLETE, None)

    def _on_failed(self, event: Failed) -> None:
        if self._reply is not None and event.request_id == self._reply.request_id:
            self._end_reply(MessageState.INTERRUPTED, event.error)

    def _end_reply(self, state: MessageState, problem: ErrorInfo | None) -> None:
        reply, self._reply = self._reply, None
        assert reply is not None
        self._save_timer.stop()
        how = replace(reply.message.reply, error=problem)
        last = replace(reply.message, text=reply.text(), state=state, reply=how)
        self._last_reply = last
        self._save_whole(last)
        if self._is_shown(last):
            self._messages[last.id] = last
            self.message_finished.emit(last)
            if problem is not None:
                self.reply_failed.emit(ReplyFailed(message_id=last.id, error=problem))
        elif problem is not None:
            self._notifier.post(problem)
        self.writing_changed.emit(False)

    def _save_whole(self, message: Message) -> None:
        """Writes a finished reply; where that fails (a full disk) it is tried again after the next success."""

        def saved(_result: None) -> None:
            waiting, self._unsaved = self._unsaved, []
            for earlier in waiting:
                self._save_whole(earlier)

        def not_saved(info: ErrorInfo) -> None:
            self._unsaved.append(message)
            self._notifier.post(info)

        self._background.run(lambda: self._store.finish(message), saved, not_saved)

    def _save_text(self) -> None:
        reply = self._reply
        if reply is None or not reply.unsaved or reply.saving:
            return
        text, message_id = reply.text(), reply.message.id
        reply.unsaved, reply.saving = False, True

        def saved(_result: object) -> None:
            reply.saving = False

        def not_saved(info: ErrorInfo) -> None:
            self._save_timer.stop()  # said once; the whole reply is written again when it ends
            self._notifier.post(info)

        self._background.run(lambda: self._store.save_text(message_id, text), saved, not_saved)

    def _show(self, conversation: Conversation | None, messages: list[Message]) -> None:
        self._current = conversation
        self._messages = {message.id: message for message in messages}
        reply, last = self._reply, self._last_reply  # both may be newer than what was read
        if last is not None and last.id in self._messages:
            self._messages[last.id] = last
        if reply is not None and reply.message.id in self._messages:
            self._messages[reply.message.id] = replace(reply.message, text=reply.text())
        self._emit_opened()

    def _emit_opened(self) -> None:
        leaf = self._current.leaf_id if self._current is not None else None
        messages = tuple(branch(self._messages, leaf))
        self.opened.emit(OpenedConversation(conversation=self._current, messages=messages))

    def _find(self, conversation_id: str) -> Conversation | None:
        return next((c for c in self._conversations if c.id == conversation_id), None)

    def _is_shown(self, message: Message) -> bool:
        return self._current is not None and self._current.id == message.conversation_id

    def _update_list(self, changed: Conversation) -> None:
        others = [c for c in self._conversations if c.id != changed.id]
        self._conversations = [changed, *others]
        self.listed.emit(list(self._conversations))

    def _recover_and_list(self) -> list[Conversation]:
        self._store.recover()
        return self._store.conversations()

    def _on_listed(self, conversations: list[Conversation]) -> None:
        self._conversations = conversations
        self.listed.emit(list(conversations))


def _new_id() -> str:
    return uuid.uuid4().hex
