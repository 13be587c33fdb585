"""The conversation on show: asking, editing, other versions, and what the model sees of it.

Order of things when a prompt is sent: checked, written to the disk, and only then handed to the engine.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal

from chatapp.core.branching import Begun
from chatapp.core.chat import (
    Conversation,
    Message,
    MessageState,
    Reply,
    Role,
    Versions,
    branch,
    copied,
    newest_leaf,
    sent,
    title_of,
    versions,
)
from chatapp.core.checks import checked_prompt, checked_text
from chatapp.core.errors import ErrorInfo, error
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import NO_MODEL_LOADED, REPLY_BUSY
from chatapp.protocol.engine import ChatPrompt
from chatapp.services.background import Background
from chatapp.services.engine_status import EngineState
from chatapp.services.inference import InferenceService
from chatapp.services.notifier import Notifier
from chatapp.services.preferences import Preferences
from chatapp.services.replies import Replies, ReplyWish
from chatapp.services.shelf import Shelf
from chatapp.storage.chats import ChatStore

_FRESH = Conversation(id="", title="", created_at=0.0, updated_at=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedConversation:
    """conversation None: a new one, not yet stored. messages: the branch on show, oldest first; versions: of those that
    have several; at: the message to look at, None for the last."""

    conversation: Conversation | None
    messages: tuple[Message, ...]
    versions: Mapping[str, Versions] = field(default_factory=dict)
    at: str | None = None


class ConversationService(QObject):
    opened = Signal(object)
    """OpenedConversation: another one, or another branch of it"""
    prompt_saved = Signal(object)
    """str: the prompt is on the disk, its box may be emptied"""
    message_added = Signal(object)
    """Message, at the end of the branch on show"""
    copied = Signal(object)
    """list of (Message, Message): one that was there, and one that is stored now, which may begin like it"""
    options_changed = Signal()
    """the sampling or the system prompt of the conversation on show"""
    options_needed = Signal()
    """they are about to be used or left: what was typed a moment ago is to be set now"""

    def __init__(
        self,
        store: ChatStore,
        shelf: Shelf,
        replies: Replies,
        inference: InferenceService,
        preferences: Preferences,
        background: Background,
        notifier: Notifier,
    ) -> None:
        super().__init__()
        self._store = store
        self._shelf = shelf
        self._replies = replies
        self._inference = inference
        self._preferences = preferences
        self._background = background
        self._notifier = notifier
        self._fresh = _FRESH
        self._current_id: str | None = None
        self._wanted_id: str | None = None
        self._messages: dict[str, Message] = {}
        self._sending = False
        for changed in (replies.started, replies.ended, replies.rated):
            changed.connect(self._on_changed)
        shelf.deleted.connect(self._on_deleted)
        shelf.restored.connect(lambda conversation: self.open(conversation.id))
        shelf.imported.connect(lambda conversation: self.open(conversation.id))

    @property
    def writing(self) -> bool:
        """Whether any reply is being written or waits."""
        return self._replies.writing is not None or bool(self._replies.waiting)

    @property
    def current(self) -> Conversation | None:
        """The conversation on show; None: a new one."""
        return self._shelf.get(self._current_id) if self._current_id is not None else None

    @property
    def sampling(self) -> SamplingSettings:
        """What the next reply here is asked with."""
        return (self.current or self._fresh).sampling or self._preferences.settings.sampling

    @property
    def system_prompt(self) -> str:
        return (self.current or self._fresh).system_prompt

    @property
    def draft(self) -> str:
        """What stands in the prompt box of the conversation on show."""
        return self.current.draft if self.current is not None else self._shelf.new_draft

    def new(self) -> None:
        """An empty conversation; stored with its first prompt."""
        self._wanted_id = None
        self._show(None, [])

    def open(self, conversation_id: str, at: str | None = None) -> None:
        """Shows that conversation; `at` names a message to look at, in whatever branch."""
        self._wanted_id = conversation_id

        def read(messages: list[Message]) -> None:
            if self._wanted_id == conversation_id:
                self._show(conversation_id, messages, at)

        self._background.run(lambda: self._store.messages(conversation_id), read, self._notifier.post)

    def send(self, text: str) -> None:
        """Asks `text` at the end of the branch on show. Raises AppError; nothing has happened then."""
        checked_prompt(text)
        self._check_free()
        self.options_needed.emit()
        now = time.time()
        conversation = self.current or replace(
            self._fresh, id=_new_id(), title=title_of(text), created_at=now, updated_at=now
        )
        self._ask(conversation, _question(conversation, conversation.leaf_id, text), is_new=True)

    def regenerate(self, reply_id: str) -> None:
        """Asks the question of that reply again, if it is finished; it stays beside the new one. Raises AppError."""
        self.options_needed.emit()
        reply, current = self._messages.get(reply_id), self.current
        question = self._messages.get(reply.parent_id or "") if reply is not None else None
        is_open = reply is not None and reply.state is MessageState.STREAMING
        if question is not None and current is not None and not is_open:
            self._check_free()
            self._ask(current, question, is_new=False)

    def continue_reply(self, reply_id: str, begun: Begun | None = None) -> str:
        """Writes that reply on, or what it is to begin with instead, as another version: its id. Raises AppError."""
        self.options_needed.emit()
        reply, current = self._messages.get(reply_id), self.current
        question = self._messages.get(reply.parent_id or "") if reply is not None else None
        if reply is None or question is None or current is None:
            return ""
        self._check_free()
        return self._ask(current, question, is_new=False, begun=begun or Begun(message=reply))

    def edit(self, message_id: str, text: str) -> None:
        """Another version of that message: a question is asked anew, a reply just stands there. Raises AppError."""
        self.options_needed.emit()
        message, current = self._messages.get(message_id), self.current
        if message is None or current is None or text == message.text:
            return
        checked_prompt(text)
        if message.role is Role.USER:
            self._check_free()
            self._ask(current, _question(current, message.parent_id, text), is_new=True, is_edit=True)
            return
        now, how = time.time(), Reply(model=message.reply.model)
        other = replace(
            message, id=_new_id(), text=checked_text(text), created_at=now, state=MessageState.COMPLETE, reply=how
        )

        def stored() -> None:
            self.copied.emit([(message, other)])
            self._emit_opened(other.id)

        self._store_turn(replace(current, leaf_id=other.id), [other], stored)

    def show_version(self, message_id: str) -> None:
        """Goes to the branch of that message, to its newest end."""
        if message_id in self._messages and self._current_id is not None:
            self._shelf.change(self._current_id, leaf_id=newest_leaf(self._messages, message_id))
            self._emit_opened(message_id)

    def branch_off(self, message_id: str) -> None:
        """A new conversation that begins with the branch up to that message."""
        current = self.current
        if current is None or message_id not in self._messages:
            return
        now, key = time.time(), _new_id()
        messages = [self._replies.latest(message) for message in branch(self._messages, message_id)]
        copies = copied(messages, key, _new_id)
        other = replace(current, id=key, created_at=now, updated_at=now, leaf_id=copies[-1].id, pinned=False, draft="")

        def stored() -> None:
            self.copied.emit(list(zip(messages, copies, strict=True)))
            self.open(key)

        self._store_turn(other, copies, stored)

    def text_of(self, message_id: str) -> str:
        """The whole text of a message of the conversation on show, in whatever branch."""
        message = self._messages.get(message_id)
        return self._replies.latest(message).text if message is not None else ""

    def set_sampling(self, sampling: SamplingSettings | None) -> None:
        """For this conversation from now on; None: the settings of the app."""
        self._set_options(sampling=sampling)

    def set_system_prompt(self, text: str) -> None:
        """For this conversation from now on. Raises AppError."""
        self._set_options(system_prompt=checked_text(text))

    def set_draft(self, text: str) -> None:
        if self._current_id is None:
            self._shelf.set_new_draft(text)
        else:
            self._shelf.set_draft(self._current_id, text)

    def prompt_of(self, reply_id: str, begun: Message | None = None) -> ChatPrompt:
        """The prompt of that reply, as it would be sent now; begun: as far as it is to be written on from."""
        message = self._messages.get(reply_id)
        history = branch(self._messages, message.parent_id if message is not None else None)
        return self._replies.prompt(history, self.system_prompt, begun if begun is not None and begun.text else None)

    def context_prompt(self) -> ChatPrompt:
        """The branch on show as the model would be given it."""
        return self._replies.prompt(self._shown(), self.system_prompt)

    def is_shown(self, message: Message) -> bool:
        """Whether it belongs to the conversation on show."""
        return message.conversation_id == self._current_id

    def first_kept(self, left_out: int | None = None) -> str | None:
        """The id of the oldest message on show that the model still sees, when it leaves out that many; without a
        number, as many as at the last reply. None: it sees all."""
        shown = self._shown()
        if left_out is None:
            left_out = next((m.reply.usage.left_out for m in reversed(shown) if m.reply.usage is not None), 0)
        turns = sent(message for message in shown if message.state is not MessageState.STREAMING)
        return turns[left_out].id if 0 < left_out < len(turns) else None

    def stop(self) -> None:
        """Ends the replies of the conversation on show; where there is none, the one being written elsewhere."""
        written = self._replies.writing
        if self._current_id is not None and self._replies.is_busy(self._current_id):
            self._replies.stop(self._current_id)
        elif written is not None:
            self._replies.cancel(written.id)

    def close(self) -> None:
        """Before the window and the storage go."""
        self.options_needed.emit()

    def _check_free(self) -> None:
        if self._sending:
            raise error(REPLY_BUSY)
        if self._inference.status.state is EngineState.EMPTY:
            raise error(NO_MODEL_LOADED)

    def _ask(
        self,
        conversation: Conversation,
        question: Message,
        *,
        is_new: bool,
        is_edit: bool = False,
        begun: Begun | None = None,
    ) -> str:
        before = begun.message if begun is not None else None
        reply = Message(
            id=_new_id(),
            conversation_id=conversation.id,
            parent_id=question.id,
            role=Role.ASSISTANT,
            text=before.text if before is not None else "",
            created_at=time.time(),
            state=MessageState.STREAMING,
            reply=Reply(model=before.reply.model, ids=before.reply.ids) if before is not None else Reply(),
        )
        wish = ReplyWish(
            message=reply,
            history=[*branch(self._messages, question.parent_id), question],
            system_prompt=self.system_prompt,
            sampling=(begun.sampling if begun is not None else None) or self.sampling,
            begun=begun.tokens if begun is not None else (),
            adapters=begun.adapters if begun is not None else None,
        )
        shown_before = self._current_id

        def stored() -> None:
            if self._current_id == conversation.id:
                if is_new and not is_edit:
                    for message in (question, reply):
                        self.message_added.emit(message)
                else:
                    self._emit_opened()
            if is_new and not is_edit:
                self.prompt_saved.emit(question.text)
                if shown_before is None:
                    self._fresh = _FRESH
                    self._shelf.set_new_draft("")
            self._replies.ask(wish)

        changed = replace(conversation, leaf_id=reply.id, updated_at=reply.created_at)
        self._store_turn(changed, [question, reply] if is_new else [reply], stored, opens=shown_before is None)
        return reply.id

    def _store_turn(
        self, changed: Conversation, turn: list[Message], then: Callable[[], None], *, opens: bool = False
    ) -> None:
        """Writes new messages; then shows them, unless another conversation was opened meanwhile."""
        before = self._shelf.get(changed.id)

        def saved(_result: None) -> None:
            self._sending = False
            if opens and self._current_id is None and self._wanted_id is None:
                self._current_id = changed.id
            if self._current_id == changed.id:
                self._messages.update({message.id: message for message in turn})
            self._shelf.merge(before, changed)
            then()
            if (known := self._shelf.get(changed.id)) is None or known.deleted_at is not None:
                self._replies.stop(changed.id)

        def not_saved(info: ErrorInfo) -> None:
            self._sending = False
            self._notifier.post(info)

        self._sending = True
        self._background.run(lambda: self._store.add_turn(changed, turn), saved, not_saved)

    def _set_options(self, **options: object) -> None:
        if self._current_id is None:
            self._fresh = replace(self._fresh, **options)  # type: ignore[arg-type]
        else:
            self._shelf.change(self._current_id, **options)
        self.options_changed.emit()

    def _show(self, conversation_id: str | None, messages: list[Message], at: str | None = None) -> None:
        self.options_needed.emit()
        self._current_id = conversation_id
        self._messages = {message.id: self._replies.latest(message) for message in messages}
        current = self.current
        if at in self._messages and current is not None:
            if at not in (message.id for message in self._shown()):
                self._shelf.change(current.id, leaf_id=newest_leaf(self._messages, at))
        else:
            at = None
        self._emit_opened(at)
        self.options_changed.emit()

    def _shown(self) -> list[Message]:
        return branch(self._messages, self.current.leaf_id if self.current is not None else None)

    def _emit_opened(self, at: str | None = None) -> None:
        messages = tuple(self._replies.latest(message) for message in self._shown())
        self.opened.emit(
            OpenedConversation(
                conversation=self.current, messages=messages, versions=versions(self._messages, messages), at=at
            )
        )

    def _on_changed(self, message: Message) -> None:
        if message.id in self._messages:
            self._messages[message.id] = message

    def _on_deleted(self, conversation: Conversation) -> None:
        self._replies.stop(conversation.id)
        if conversation.id == self._current_id:
            self.new()


def _question(conversation: Conversation, parent_id: str | None, text: str) -> Message:
    return Message(
        id=_new_id(),
        conversation_id=conversation.id,
        parent_id=parent_id,
        role=Role.USER,
        text=text,
        created_at=time.time(),
    )


def _new_id() -> str:
    return uuid.uuid4().hex
