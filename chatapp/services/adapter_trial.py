"""A question answered twice at temperature 0, without the adapters and with them: two versions of its reply."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from chatapp.core.branching import begun_empty
from chatapp.core.chat import Message, MessageState
from chatapp.core.errors import AppError, error
from chatapp.core.model_sentences import NO_ADAPTER_ON
from chatapp.core.models import AdapterSpec
from chatapp.services.conversation import ConversationService
from chatapp.services.inference import InferenceService
from chatapp.services.replies import Replies


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedAdapters:
    """The replies without and with them."""

    before: Message
    after: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """reply: whose question is asked; adapters: of the second reply; before: the first one, once it is written."""

    reply: Message
    adapters: tuple[AdapterSpec, ...]
    before: Message | None = None


class AdapterTrial(QObject):
    ended = Signal(object)
    """TriedAdapters, where both were written to their end"""

    def __init__(self, conversations: ConversationService, replies: Replies, inference: InferenceService) -> None:
        super().__init__(conversations)
        self._conversations = conversations
        self._inference = inference
        self._trial: _Trial | None = None
        replies.ended.connect(self._on_ended)

    def begin(self, reply: Message) -> None:
        """Of the question that `reply`, on show, answers. Raises AppError."""
        if reply.state is MessageState.STREAMING:
            return
        if not self._inference.adapters:
            raise error(NO_ADAPTER_ON)
        self._conversations.options_needed.emit()
        adapters = self._inference.adapters
        self._ask(reply, ())
        self._trial = _Trial(reply=reply, adapters=adapters)

    def _ask(self, reply: Message, adapters: tuple[AdapterSpec, ...]) -> None:
        greedy = replace(self._conversations.sampling, temperature=0.0)
        self._conversations.continue_reply(reply.id, begun_empty(reply, greedy, adapters))

    def _on_ended(self, message: Message) -> None:
        trial = self._trial
        if trial is None or message.parent_id != trial.reply.parent_id:
            return
        self._trial = None
        if message.state is not MessageState.COMPLETE or not self._conversations.is_shown(message):
            return
        if trial.before is not None:
            self.ended.emit(TriedAdapters(before=trial.before, after=message))
            return
        with suppress(AppError):  # the model was unloaded meanwhile
            self._ask(trial.reply, trial.adapters)
            self._trial = replace(trial, before=message)
