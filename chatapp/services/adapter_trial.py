"""A question answered twice at temperature 0, without the adapters and with them: two versions of its reply."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from chatapp.core.branching import begun_empty
from chatapp.core.chat import Message, MessageState
from chatapp.core.errors import AppError, error
from chatapp.core.generation import FinishReason
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
    """reply: whose question is asked; awaited: the id of what is being written; adapters: of the second reply;
    before: the first one, once it is written."""

    reply: Message
    awaited: str
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
        self._trial = _Trial(reply=reply, awaited=self._ask(reply, ()), adapters=adapters)

    def _ask(self, reply: Message, adapters: tuple[AdapterSpec, ...]) -> str:
        greedy = replace(self._conversations.sampling, temperature=0.0)
        return self._conversations.continue_reply(reply.id, begun_empty(reply, greedy, adapters))

    def _on_ended(self, message: Message) -> None:
        trial = self._trial
        if trial is None or message.id != trial.awaited:
            return
        self._trial = None
        whole = message.state is MessageState.COMPLETE and message.reply.finish_reason is not FinishReason.CANCELLED
        if not whole or not self._conversations.is_shown(message):
            return
        if trial.before is not None:
            self.ended.emit(TriedAdapters(before=trial.before, after=message))
            return
        with suppress(AppError):  # the model was unloaded meanwhile
            self._trial = replace(trial, awaited=self._ask(trial.reply, trial.adapters), before=message)
