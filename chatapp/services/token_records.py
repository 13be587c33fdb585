"""Why each token was written: records of the reply being written, and of earlier ones from the disk."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.chat import Message, MessageState, Role
from chatapp.core.errors import ErrorInfo
from chatapp.core.generation import Token, spelling
from chatapp.core.token_export import csv_of, json_of
from chatapp.services.background import Background
from chatapp.services.notifier import Notifier
from chatapp.services.pending_writes import RETRY_MS, PendingWrites
from chatapp.services.replies import Replies, TokensAdded
from chatapp.storage.files import write_output
from chatapp.storage.token_store import TokenStore

SAVE_EVERY_MS = 250
KEPT_TOKENS = 20_000  # stay in memory: with 20 alternatives about 4 KB each


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensLoaded:
    """All tokens known of a reply; none where none were recorded."""

    message_id: str
    tokens: Sequence[Token]


class TokenRecords(QObject):
    loaded = Signal(object)
    """TokensLoaded, the answer to a request"""
    added = Signal(object)
    """TokensAdded, to a reply whose earlier tokens were told or requested"""
    measured = Signal(object)
    """StoredRecords, the answer to `measure`"""
    purged = Signal()
    """what was told of replies no longer holds, but for the one being written"""
    exported = Signal(object)
    """str: the file"""

    def __init__(
        self, store: TokenStore, replies: Replies, background: Background, notifier: Notifier, writes: PendingWrites
    ) -> None:
        super().__init__()
        self._store = store
        self._background = background
        self._notifier = notifier
        self._writes = writes
        self._known: OrderedDict[str, list[Token]] = OrderedDict()  # used last at the end
        self._writing = ""
        self._asked = ""
        self._stored = 0  # of the reply being written
        self._saving = False
        self._unstored: set[str] = set()  # ended, and not yet whole on the disk
        self._purges = 0
        self._timer = QTimer(self, interval=SAVE_EVERY_MS)
        self._timer.timeout.connect(self._save_new)
        replies.started.connect(self._on_started)
        replies.tokens_added.connect(self._on_added)
        replies.ended.connect(self._on_ended)

    def request(self, message_id: str) -> None:
        """Ends with `loaded`, at once where they are known."""
        known = self._known.get(message_id)
        self._asked = message_id
        if known is not None:
            self._known.move_to_end(message_id)
            self.loaded.emit(TokensLoaded(message_id=message_id, tokens=tuple(known)))
            return
        purges = self._purges
        self._background.run(
            lambda: self._store.tokens(message_id),
            lambda tokens: self._on_read(message_id, tokens) if purges == self._purges else self.request(message_id),
            self._notifier.post,
        )

    def known(self, message_id: str) -> Sequence[Token]:
        """Its tokens so far where they are in memory, else none."""
        return tuple(self._known.get(message_id, ()))

    def copy(self, pairs: Sequence[tuple[Message, Message]]) -> None:
        """Gives each second message the tokens that it shares with the first, which has it as its text or beginning."""
        whole: list[tuple[str, str]] = []
        parts: list[tuple[Message, Message, Sequence[Token] | None]] = []
        for first, other in pairs:
            if first.role is Role.USER:
                continue
            known = tuple(self._known[first.id]) if first.id in self._known else None
            is_open = first.state is MessageState.STREAMING or first.id in self._unstored
            if first.text == other.text and not is_open:
                whole.append((first.id, other.id))
            else:
                parts.append((first, other, known))
        purges = self._purges

        def work() -> None:
            if purges != self._purges:
                return
            self._store.copy(whole)
            for first, other, known in parts:
                kept = spelling(other.text, known if known is not None else self._store.tokens(first.id))
                if any(token.record is not None for token in kept):
                    self._store.put(other.id, kept)

        if whole or parts:
            self._writes.write(f"tokens {pairs[-1][1].id} and before", work)

    def keep(self, message_id: str, tokens: Sequence[Token]) -> None:
        """Those of a reply that was written elsewhere and is stored already."""
        self._known[message_id] = list(tokens)
        self._save_whole(message_id)
        self._trim()

    def measure(self) -> None:
        """Ends with `measured`."""
        self._background.run(self._store.size, self.measured.emit, self._notifier.post)

    def purge(self) -> None:
        """Deletes all records; of the reply being written they are stored anew with what is written next. Ends with
        `purged` and `measured`."""
        self._purges += 1
        self._known = OrderedDict((key, tokens) for key, tokens in self._known.items() if key == self._writing)
        self._stored = 0
        self._unstored.clear()
        self._background.run(self._store.purge, lambda _: self.purged.emit(), self._notifier.post)
        self.measure()

    def export(self, message: Message, path: str) -> None:
        """As CSV where the name ends in .csv, else as JSON. Ends with `exported`."""
        known = self._known.get(message.id)
        tokens = tuple(known) if known is not None else None

        def work() -> None:
            found = tokens if tokens is not None else self._store.tokens(message.id)
            write_output(Path(path), csv_of(found) if path.lower().endswith(".csv") else json_of(message, found))

        self._background.run(work, lambda _: self.exported.emit(path), self._notifier.post)

    def save_picture(self, path: str, data: bytes) -> None:
        """Of what is shown of them. Ends with `exported`."""
        self._background.run(
            lambda: write_output(Path(path), data), lambda _: self.exported.emit(path), self._notifier.post
        )

    def close(self) -> None:
        """Puts what is not yet stored into the line for storage."""
        self._timer.stop()
        self._save_whole(self._writing)

    def _on_read(self, message_id: str, tokens: list[Token]) -> None:
        known = self._known.setdefault(message_id, tokens)  # it may have begun to be written meanwhile
        self._known.move_to_end(message_id)
        self._trim()
        self.loaded.emit(TokensLoaded(message_id=message_id, tokens=tuple(known)))

    def _trim(self) -> None:
        """Forgets what was used longest ago and can be read again."""
        total = sum(len(tokens) + 1 for tokens in self._known.values())
        needed = {self._writing, self._asked, *self._unstored}
        for message_id in list(self._known):
            if total <= KEPT_TOKENS:
                return
            if message_id not in needed:
                total -= len(self._known.pop(message_id)) + 1

    def _on_started(self, message: Message) -> None:
        self._writing, self._stored = message.id, 0
        self._known[message.id] = []
        self._timer.start(SAVE_EVERY_MS)

    def _on_added(self, added: TokensAdded) -> None:
        tokens = self._known.setdefault(added.message_id, [])
        tokens += added.tokens
        self._known.move_to_end(added.message_id)
        self._trim()
        self.added.emit(added)

    def _save_new(self) -> None:
        """One part at a time, for what follows a part that could not be written can't be read."""
        tokens = self._known.get(self._writing, [])
        first, new = self._stored, tokens[self._stored :]
        if self._saving or not any(token.record is not None for token in new):
            return
        self._saving = True
        message_id, purges = self._writing, self._purges

        def saved(_result: None) -> None:
            self._saving = False
            self._timer.setInterval(SAVE_EVERY_MS)
            if message_id == self._writing and purges == self._purges:
                self._stored = first + len(new)

        self._background.run(lambda: self._store.add(message_id, first, new), saved, self._on_not_saved)

    def _on_not_saved(self, info: ErrorInfo) -> None:
        self._saving = False
        if self._timer.interval() != RETRY_MS:  # said once
            self._timer.setInterval(RETRY_MS)
            self._notifier.post(info)

    def _save_whole(self, message_id: str) -> None:
        tokens, purges = tuple(self._known.get(message_id, ())), self._purges
        if not any(token.record is not None for token in tokens):
            return

        def put() -> None:
            if purges == self._purges:
                self._store.put(message_id, tokens)
                self._unstored.discard(message_id)

        self._unstored.add(message_id)
        self._writes.write(f"tokens {message_id}", put)

    def _on_ended(self, message: Message) -> None:
        if message.id != self._writing:
            return
        self._timer.stop()
        self._save_whole(message.id)
        self._writing = ""
        self._trim()
