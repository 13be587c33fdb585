"""The replies being written: one at a time, the others wait in line; text is stored while it streams.

A streamed reply is written again every SAVE_EVERY_MS, so that the end of any process costs at most that much of it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.chat import ChatMessage, Message, MessageState, Reply, Role, WhenFull, as_prompt
from chatapp.core.errors import AppError, ErrorInfo, ErrorKind
from chatapp.core.generation import TEXT_BEFORE, FinishReason, Token, reply_ids
from chatapp.core.models import AdapterSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import ChatPrompt, Failed, Finished, TokensEmitted
from chatapp.services.background import Background
from chatapp.services.inference import InferenceService
from chatapp.services.notifier import Notifier
from chatapp.services.pending_writes import RETRY_MS, PendingWrites
from chatapp.services.preferences import Preferences
from chatapp.services.saved_contexts import SavedContexts
from chatapp.storage.chats import ChatStore

_REFUSED = (ErrorKind.MODEL_FILE, ErrorKind.MODEL_LOAD)
SAVE_EVERY_MS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAdded:
    message_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensAdded:
    message_id: str
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFailed:
    """The reply `message_id` ended with an error; its text so far is kept."""

    message_id: str
    error: ErrorInfo


@dataclass(slots=True, kw_only=True)
class ReplyWish:
    """A reply to be written. message: as it is stored, with the text it goes on from, if any, and that text's ids in
    its reply; history: what comes before it; in it a message may be a reply that is itself still to be written; begun:
    the tokens of the text it goes on from, where they are known; adapters: None for those in use."""

    message: Message
    history: list[Message]
    system_prompt: str
    sampling: SamplingSettings
    begun: tuple[Token, ...] = ()
    adapters: tuple[AdapterSpec, ...] | None = None


@dataclass(slots=True, kw_only=True)
class _Active:
    message: Message
    parts: list[str]
    request_id: int = 0
    adapters_id: int = 0  # of the request for adapters of its own
    problem: ErrorInfo | None = None  # why it was cancelled, where no person did
    begun_at: float = 0.0
    first_token_ms: float | None = None
    tokens: list[Token] = field(default_factory=list)
    unsaved: bool = False
    saving: bool = False
    told: bool = False

    def text(self) -> str:
        self.parts = ["".join(self.parts)]
        return self.parts[0]

    def ids(self, written: str) -> tuple[int, ...]:
        """Of the whole reply, of which `written` was written now; none where they are not known."""
        before, ids = self.message.reply.ids, reply_ids(self.tokens, written)
        goes_on = len(self.text()) > len(written)
        known = (before and ids) or not written if goes_on else bool(ids)
        return before + ids if known else ()


class Replies(QObject):
    started = Signal(object)
    """Message: its reply now names its model"""
    text_added = Signal(object)
    """TextAdded"""
    tokens_added = Signal(object)
    """TokensAdded, before their text"""
    ended = Signal(object)
    """Message in its last state"""
    failed = Signal(object)
    """ReplyFailed, after `ended`"""
    rated = Signal(object)
    """Message with another rating"""
    queue_changed = Signal()
    """another reply is written, or others wait; see `writing` and `waiting`"""

    def __init__(
        self,
        store: ChatStore,
        inference: InferenceService,
        preferences: Preferences,
        background: Background,
        notifier: Notifier,
        writes: PendingWrites,
        contexts: SavedContexts,
    ) -> None:
        super().__init__()
        self._store = store
        self._inference = inference
        self._preferences = preferences
        self._background = background
        self._notifier = notifier
        self._writes = writes
        self._contexts = contexts
        self._active: _Active | None = None
        self._waiting: list[ReplyWish] = []
        self._ended: dict[str, Message] = {}  # newer than what the waiting were asked with
        self._last: Message | None = None
        self._closed = False
        self._save_timer = QTimer(self, interval=SAVE_EVERY_MS)
        self._save_timer.timeout.connect(self._save_text)
        inference.emitted.connect(self._on_emitted)
        inference.finished.connect(self._on_finished)
        inference.failed.connect(self._on_failed)
        inference.given_up.connect(self._on_given_up)

    @property
    def writing(self) -> Message | None:
        """The reply being written, with its text so far."""
        active = self._active
        return replace(active.message, text=active.text()) if active is not None else None

    @property
    def waiting(self) -> list[Message]:
        """The replies in line, the next one first."""
        return [wish.message for wish in self._waiting]

    def is_busy(self, conversation_id: str) -> bool:
        """Whether a reply in that conversation is being written or waits."""
        active = [self._active.message] if self._active is not None else []
        return any(message.conversation_id == conversation_id for message in (*active, *self.waiting))

    def ask(self, wish: ReplyWish) -> None:
        """Writes the reply as soon as those asked for before are done. It is stored already."""
        self._waiting.append(wish)
        if self._active is None and len(self._waiting) == 1:
            self._begin_next()
        else:
            self.queue_changed.emit()

    def cancel(self, message_id: str) -> None:
        """Ends that reply, written or waiting; its text so far is kept."""
        if self._active is not None and self._active.message.id == message_id:
            self._inference.cancel()
        for wish in [wish for wish in self._waiting if wish.message.id == message_id]:
            self._waiting.remove(wish)
            how = replace(wish.message.reply, finish_reason=FinishReason.CANCELLED)
            self._close(replace(wish.message, state=MessageState.COMPLETE, reply=how), None)

    def stop(self, conversation_id: str) -> None:
        """Ends the replies of that conversation, the waiting ones first."""
        for message in self.waiting:
            if message.conversation_id == conversation_id:
                self.cancel(message.id)
        if self._active is not None and self._active.message.conversation_id == conversation_id:
            self._inference.cancel()

    def latest(self, message: Message) -> Message:
        """`message` as it is now: what was read from the disk may be older."""
        if self._active is not None and self._active.message.id == message.id:
            return replace(self._active.message, text=self._active.text())
        if self._last is not None and self._last.id == message.id:
            return self._last
        return self._ended.get(message.id, message)

    def rate(self, message: Message, rating: int) -> None:
        """What a person thinks of a reply that is whole or was interrupted; see Reply."""
        message = self.latest(message)
        if message.state is MessageState.STREAMING:
            return
        rated = replace(message, reply=replace(message.reply, rating=rating))
        if self._last is not None and self._last.id == rated.id:
            self._last = rated
        if rated.id in self._ended:
            self._ended[rated.id] = rated
        self._save_whole(rated)
        self.rated.emit(rated)

    def prompt(self, history: list[Message], system_prompt: str, continued: Message | None = None) -> ChatPrompt:
        """What the model in use is given after `history`, or to go on with `continued`."""
        chat, model = self._preferences.settings.chat, self._inference.status.path
        system = (ChatMessage(role=Role.SYSTEM, text=system_prompt),) if system_prompt.strip() else ()
        return ChatPrompt(
            messages=system + as_prompt([*history, *([continued] if continued is not None else [])], model=model),
            when_full=WhenFull(chat.when_full),
            plain=chat.template == "plain",
            continues=continued is not None,
        )

    def close(self) -> None:
        """Stores what is being written and what waits as interrupted."""
        self._closed = True
        self._save_timer.stop()
        open_ones = [*([self.writing] if self.writing is not None else []), *self.waiting]
        self._active, self._waiting = None, []
        for message in open_ones:
            self._save_whole(replace(message, state=MessageState.INTERRUPTED))

    def _begin_next(self) -> None:
        if self._active is not None or not self._waiting or self._closed:
            return
        wish = self._waiting.pop(0)
        before = wish.message
        usual = self._inference.adapters
        adapters = usual if wish.adapters is None else wish.adapters
        how = Reply(model=self._inference.status.path, sampling=wish.sampling, adapters=adapters)
        active = self._active = _Active(message=replace(before, reply=how), parts=[before.text])
        active.begun_at = time.perf_counter()
        self.queue_changed.emit()
        self.started.emit(active.message)
        if before.text:
            begun = wish.begun or (_text_before(before.text),)
            self.tokens_added.emit(TokensAdded(message_id=before.id, tokens=begun))
        history = [self._ended.get(message.id, message) for message in wish.history]
        continued = before if before.text else None
        try:
            prompt = self.prompt(history, wish.system_prompt, continued)
            state = self._contexts.begin(before.conversation_id)
            probs = self._preferences.settings.chat.alternatives
            if adapters != usual:
                active.adapters_id = self._inference.use_adapters(adapters)
            active.request_id = self._inference.generate(prompt, wish.sampling, state, probs)
            if adapters != usual:  # after that reply
                self._inference.use_adapters(usual)
        except AppError as problem:
            self._end(MessageState.INTERRUPTED, problem.info)
            return
        if continued is not None and before.reply.model == how.model:
            active.message = replace(active.message, reply=replace(how, ids=before.reply.ids))
        self._save_timer.start()

    def _on_emitted(self, event: TokensEmitted) -> None:
        active = self._active
        if active is None or event.request_id != active.request_id:
            return
        if active.first_token_ms is None:
            active.first_token_ms = (time.perf_counter() - active.begun_at) * 1000
        active.tokens += event.tokens
        if event.tokens:
            self.tokens_added.emit(TokensAdded(message_id=active.message.id, tokens=event.tokens))
        if event.text:
            active.parts.append(event.text)
            active.unsaved = True
            self.text_added.emit(TextAdded(message_id=active.message.id, text=event.text))

    def _on_finished(self, event: Finished) -> None:
        active = self._active
        if active is None or event.request_id != active.request_id:
            return
        how = replace(
            active.message.reply,
            finish_reason=event.finish_reason,
            seed=event.seed,
            usage=event.usage,
            reproducible=event.reproducible,
            first_token_ms=active.first_token_ms,
            ids=active.ids(event.text),
        )
        active.message = replace(active.message, reply=how)
        self._end(MessageState.COMPLETE if active.problem is None else MessageState.INTERRUPTED, active.problem)

    def _on_given_up(self, request_id: int) -> None:
        active = self._active
        if active is None or request_id != active.request_id:
            return
        written = active.text()[len(active.message.text) :]
        how = replace(
            active.message.reply,
            finish_reason=FinishReason.CANCELLED,
            first_token_ms=active.first_token_ms,
            ids=active.ids(written),
        )
        active.message = replace(active.message, reply=how)
        self._end(MessageState.COMPLETE, None)

    def _on_failed(self, event: Failed) -> None:
        active = self._active
        if active is None:
            return
        if event.request_id == active.request_id:
            self._end(MessageState.INTERRUPTED, event.error)
        elif event.request_id == active.adapters_id and event.error.kind in _REFUSED:
            active.problem = event.error  # its adapters were refused
            self._inference.cancel()

    def _end(self, state: MessageState, problem: ErrorInfo | None) -> None:
        active, self._active = self._active, None
        assert active is not None
        self._save_timer.stop()
        how = replace(active.message.reply, error=problem)
        self._last = replace(active.message, text=active.text(), state=state, reply=how)
        self._close(self._last, problem)
        QTimer.singleShot(0, self, self._begin_next)

    def _close(self, last: Message, problem: ErrorInfo | None) -> None:
        self._ended[last.id] = last
        self._save_whole(last)
        self.ended.emit(last)
        if problem is not None:
            self.failed.emit(ReplyFailed(message_id=last.id, error=problem))
        if not self._waiting:
            self._ended = {last.id: last}
        self.queue_changed.emit()

    def _save_whole(self, message: Message) -> None:
        self._writes.write(f"message {message.id}", lambda: self._store.finish(message))

    def _save_text(self) -> None:
        active = self._active
        if active is None or not active.unsaved or active.saving:
            return
        text, message_id = active.text(), active.message.id
        active.unsaved, active.saving = False, True

        def saved(_result: object) -> None:
            active.saving = False

        def not_saved(info: ErrorInfo) -> None:
            if not active.told:
                active.told = True
                self._notifier.post(info)
            QTimer.singleShot(RETRY_MS, self, again)

        def again() -> None:
            active.unsaved, active.saving = True, False

        self._background.run(lambda: self._store.save_text(message_id, text), saved, not_saved)


def _text_before(text: str) -> Token:
    return Token(lane=0, index=-1, id=TEXT_BEFORE, text=text, data=text.encode("utf-8"))
