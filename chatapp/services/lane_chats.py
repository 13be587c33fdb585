"""Lanes of a comparison as replies of a chat: the prompt is its question, each lane a version of the reply.

The chat of a comparison is found again by its id, which follows from that of the comparison: nothing else is stored.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from PySide6.QtCore import QObject, Signal

from chatapp.core.chat import Conversation, Message, MessageState, Reply, Role, title_of
from chatapp.core.comparison import ComparedPrompt, Comparison, LaneResult, LaneState
from chatapp.core.generation import Token, reply_ids
from chatapp.services.background import Background
from chatapp.services.notifier import Notifier
from chatapp.services.shelf import Shelf
from chatapp.services.token_records import TokenRecords
from chatapp.storage.chats import ChatStore

_IDS = uuid.UUID("5d1b4d0e-6a3f-4f0b-9c52-0e1d7a6b8c34")  # any, but always the same


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLane:
    """Where a lane stands now: a reply of a conversation."""

    conversation_id: str
    message_id: str


class LaneChats(QObject):
    sent = Signal(object)
    """SentLane: it is stored"""

    def __init__(
        self,
        store: ChatStore,
        shelf: Shelf,
        records: TokenRecords,
        background: Background,
        notifier: Notifier,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._shelf = shelf
        self._records = records
        self._background = background
        self._notifier = notifier
        self._gone: set[str] = set()  # their removal may not have reached the disk
        shelf.removed.connect(self._gone.add)

    def send(self, comparison_id: str, comparison: Comparison, place: int) -> None:
        """Ends with `sent`. The first lane makes the chat, with its sampling; a further one is another version of the
        reply there. A lane that was sent already is only told of; one that has no text, or failed, is passed over."""
        lane = comparison.lanes[place]
        if not lane.can_be_sent:
            return
        before = self._shelf.get(self._chat_id(comparison_id))
        chat = before or _chat(self._chat_id(comparison_id), comparison.prompt, lane)
        wanted = _reply(chat, comparison.model, lane)

        def stored(found: tuple[Conversation, Message, bool]) -> None:
            changed, reply, is_new = found
            if is_new:
                self._shelf.merge(before, changed)
                self._records.keep(reply.id, _of_one_reply(lane.tokens))
            self.sent.emit(SentLane(conversation_id=changed.id, message_id=reply.id))

        self._background.run(lambda: self._stored(chat, comparison.prompt.text, wanted), stored, self._notifier.post)

    def _stored(self, chat: Conversation, question: str, reply: Message) -> tuple[Conversation, Message, bool]:
        """The conversation, the reply, and whether it is new. Not on the main thread."""
        messages = {message.id: message for message in self._store.messages(chat.id)}
        for message in messages.values():
            if message.parent_id == reply.parent_id and _is_same(message, reply):
                return chat, message, False
        changed = replace(chat, leaf_id=reply.id, updated_at=reply.created_at)
        turn = [reply]
        if reply.parent_id not in messages:
            turn.insert(0, replace(reply, id=_question_id(chat.id), parent_id=None, role=Role.USER, text=question,
                                   state=MessageState.COMPLETE, reply=Reply()))  # fmt: skip
        self._store.add_turn(changed, turn)
        return changed, reply, True

    def _chat_id(self, comparison_id: str) -> str:
        """Of the chat that has its lanes, or is to have them. One in the bin stays as it is there."""
        for number in count():
            identity = uuid.uuid5(_IDS, f"{comparison_id} {number}").hex
            known = self._shelf.get(identity)
            if identity not in self._gone and (known is None or known.deleted_at is None):
                return identity
        raise AssertionError


def _chat(identity: str, prompt: ComparedPrompt, lane: LaneResult) -> Conversation:
    """Its further replies are drawn as the lane was, each with a seed of its own."""
    now = time.time()
    return Conversation(
        id=identity,
        title=title_of(prompt.text),
        created_at=now,
        updated_at=now,
        system_prompt="" if prompt.raw else prompt.system,
        sampling=replace(lane.sampling, seed=None),
    )


def _reply(chat: Conversation, model: str, lane: LaneResult) -> Message:
    how = Reply(
        model=model,
        finish_reason=lane.finish_reason,
        seed=lane.sampling.seed,
        usage=lane.usage,
        error=lane.error,
        ids=reply_ids(lane.tokens, lane.text),
        sampling=lane.sampling,
        reproducible=False if lane.state is LaneState.ENDED else None,  # there it would be drawn alone
    )
    return Message(
        id=uuid.uuid4().hex,
        conversation_id=chat.id,
        parent_id=_question_id(chat.id),
        role=Role.ASSISTANT,
        text=lane.text,
        created_at=time.time(),
        state=MessageState.COMPLETE if lane.state is LaneState.ENDED else MessageState.INTERRUPTED,
        reply=how,
    )


def _question_id(chat_id: str) -> str:
    return uuid.uuid5(_IDS, chat_id).hex


def _is_same(message: Message, other: Message) -> bool:
    return (message.text, message.state, message.reply) == (other.text, other.state, other.reply)


def _of_one_reply(tokens: Sequence[Token]) -> list[Token]:
    return [replace(token, lane=0, index=index) for index, token in enumerate(tokens)]
