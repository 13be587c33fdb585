"""The conversations as things to be named, sorted, found, put away and taken along. Owns what is known of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.chat import Conversation, branch
from chatapp.core.checks import storable_text
from chatapp.core.errors import error
from chatapp.core.sentences import INPUT_UNREADABLE
from chatapp.services.background import Background
from chatapp.services.notifier import Notifier
from chatapp.services.pending_writes import PendingWrites
from chatapp.storage.chat_files import conversation_of, json_of, markdown_of
from chatapp.storage.chat_search import ChatSearch, SearchHit
from chatapp.storage.chats import ChatStore
from chatapp.storage.files import write_output
from chatapp.storage.new_draft import NewDraft

SAVE_DRAFT_MS = 300
_NEW = ""  # stands for the id of the chat that is not stored yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found; text: what was looked for."""

    text: str
    hits: Sequence[SearchHit]


class Shelf(QObject):
    changed = Signal()
    """another list, name, folder, pin, or bin"""
    deleted = Signal(object)
    """Conversation that just went to the bin"""
    restored = Signal(object)
    """Conversation that just came back"""
    removed = Signal(object)
    """str: the id of a conversation that is gone for good"""
    found = Signal(object)
    """Found, for the newest search"""
    imported = Signal(object)
    """Conversation"""
    exported = Signal(object)
    """str: the file"""

    def __init__(
        self,
        store: ChatStore,
        search: ChatSearch,
        new_draft: NewDraft,
        background: Background,
        notifier: Notifier,
        writes: PendingWrites,
    ) -> None:
        super().__init__()
        self._store = store
        self._search = search
        self._background = background
        self._notifier = notifier
        self._writes = writes
        self._known: dict[str, Conversation] = {}
        self._wanted = ""
        self._new_draft = new_draft
        self.new_draft = new_draft.read()  # what stands in the prompt box of a new chat
        self._drafts: dict[str, str] = {}
        self._draft_timer = QTimer(self, singleShot=True, interval=SAVE_DRAFT_MS)
        self._draft_timer.timeout.connect(self._save_drafts)

    @property
    def conversations(self) -> list[Conversation]:
        """Those not in the bin, the one changed last first."""
        kept = [conversation for conversation in self._known.values() if conversation.deleted_at is None]
        return sorted(kept, key=lambda conversation: -conversation.updated_at)

    @property
    def bin(self) -> list[Conversation]:
        """Those in the bin, the one deleted last first."""
        return sorted(
            (conversation for conversation in self._known.values() if conversation.deleted_at is not None),
            key=lambda conversation: -(conversation.deleted_at or 0.0),
        )

    @property
    def folders(self) -> list[str]:
        """The names in use, in order of the alphabet."""
        return sorted({conversation.folder for conversation in self.conversations} - {""}, key=str.casefold)

    def start(self) -> None:
        """Recovers what a crash left open, then lists the conversations, also where nothing can be written."""
        self._background.run(self._store.recover, lambda _result: None, self._notifier.post)
        self._background.run(self._store.conversations, self._on_listed, self._notifier.post)

    def get(self, conversation_id: str) -> Conversation | None:
        return self._known.get(conversation_id)

    def put(self, conversation: Conversation) -> None:
        """One that is stored already, new or changed."""
        self._known[conversation.id] = conversation
        self.changed.emit()

    def merge(self, before: Conversation | None, stored: Conversation) -> None:
        """`stored` has been written; it was made of `before`, None: it is new. What was changed meanwhile stays."""
        known = self._known.get(stored.id)
        if before is None or known == before:
            self.put(stored)
        elif known is not None:
            names = [entry.name for entry in fields(stored)]
            ours = {n: getattr(stored, n) for n in names if getattr(stored, n) != getattr(before, n)}
            self.change(stored.id, **ours)

    def change(self, conversation_id: str, **changes: Any) -> None:
        """Stores other values of the named fields of Conversation."""
        known = self._known.get(conversation_id)
        if known is None or (changed := replace(known, **changes)) == known:
            return
        self.put(changed)
        self._writes.write(f"conversation {conversation_id}", lambda: self._store.save_conversation(changed))

    def rename(self, conversation_id: str, title: str) -> None:
        """A title of nothing but blanks changes nothing."""
        if title := " ".join(title.split()):
            self.change(conversation_id, title=title)

    def delete(self, conversation_id: str) -> None:
        """Into the bin, for BIN_DAYS."""
        self.change(conversation_id, deleted_at=time.time())
        if (gone := self.get(conversation_id)) is not None:
            self.deleted.emit(gone)

    def restore(self, conversation_id: str) -> None:
        self.change(conversation_id, deleted_at=None)
        if (back := self.get(conversation_id)) is not None:
            self.restored.emit(back)

    def remove(self, conversation_id: str) -> None:
        """For good."""
        if self._known.pop(conversation_id, None) is not None:
            self.changed.emit()
            self.removed.emit(conversation_id)
            self._writes.write(f"conversation {conversation_id}", lambda: self._store.remove(conversation_id))

    def set_draft(self, conversation_id: str, text: str) -> None:
        """What stands in its prompt box, as far as it can be stored; written a moment later."""
        known, text = self._known.get(conversation_id), storable_text(text)
        if known is not None and known.draft != text:
            self._known[conversation_id] = replace(known, draft=text)
            self._drafts[conversation_id] = text
            self._draft_timer.start()

    def set_new_draft(self, text: str) -> None:
        """What stands in the prompt box of a new chat; written a moment later."""
        self.new_draft = self._drafts[_NEW] = storable_text(text)
        self._draft_timer.start()

    def search(self, text: str) -> None:
        """Answers with `found`; an older search is then forgotten."""
        self._wanted = text

        def done(hits: list[SearchHit]) -> None:
            if text == self._wanted:
                self.found.emit(Found(text=text, hits=hits))

        self._background.run(lambda: self._search.find(text), done, self._notifier.post)

    def export(self, conversation_id: str, path: str) -> None:
        """As Markdown (the branch on show) where the name ends in .md, else as JSON (everything)."""
        conversation = self._known.get(conversation_id)
        if conversation is None:
            return

        def work() -> None:
            write_output(Path(path), self._exported(conversation, as_markdown=path.lower().endswith(".md")))

        self._background.run(work, lambda _result: self.exported.emit(path), self._notifier.post)

    def read_markdown(self, conversation_id: str, done: Callable[[str], None]) -> None:
        """Hands the branch on show to `done` as Markdown."""
        conversation = self._known.get(conversation_id)
        if conversation is not None:
            work = lambda: self._exported(conversation, as_markdown=True).decode("utf-8")  # noqa: E731
            self._background.run(work, done, self._notifier.post)

    def import_file(self, path: str) -> None:
        """Adds the conversation in a JSON file of `export`."""

        def work() -> Conversation:
            try:
                data = Path(path).read_bytes()
            except OSError as problem:
                raise error(INPUT_UNREADABLE, path=path, reason=problem.strerror or problem) from problem
            conversation, messages = conversation_of(data, now=time.time())
            self._store.add_turn(conversation, messages)
            return conversation

        def done(conversation: Conversation) -> None:
            self.put(conversation)
            self.imported.emit(conversation)

        self._background.run(work, done, self._notifier.post)

    def close(self) -> None:
        """Saves drafts that still wait."""
        self._draft_timer.stop()
        self._save_drafts()

    def _exported(self, conversation: Conversation, *, as_markdown: bool) -> bytes:
        messages = self._store.messages(conversation.id)
        if not as_markdown:
            return json_of(conversation, messages)
        shown = branch({message.id: message for message in messages}, conversation.leaf_id)
        return markdown_of(conversation, shown).encode("utf-8")

    def _save_drafts(self) -> None:
        drafts, self._drafts = self._drafts, {}
        for conversation_id, text in drafts.items():
            self._writes.write(f"draft {conversation_id}", partial(self._save_draft, conversation_id, text))

    def _save_draft(self, conversation_id: str, text: str) -> None:
        if conversation_id == _NEW:
            self._new_draft.save(text)
        else:
            self._store.save_draft(conversation_id, text)

    def _on_listed(self, conversations: list[Conversation]) -> None:
        self._known = {conversation.id: conversation for conversation in conversations} | self._known
        self.changed.emit()
