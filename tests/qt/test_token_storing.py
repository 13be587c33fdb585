"""How token records reach the disk, how long they stay in memory, and what other versions take over of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import Role
from chatapp.core.errors import error
from chatapp.core.generation import Token
from chatapp.core.storage_sentences import DISK_FULL
from chatapp.services import token_records
from chatapp.storage.token_store import TokenStore
from tests.qt.conftest import chat_of
from tests.qt.test_chat import ask
from tests.qt.test_token_records import last_reply, stored


def test_what_was_used_long_ago_leaves_the_memory(app: App, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_records, "KEPT_TOKENS", 30)
    records, replies = app.context.records, []
    for _ in range(6):
        ask(app, qtbot, "slow 10")
        replies.append(last_reply(chat_of(app)).message.id)
        qtbot.waitUntil(lambda: not records._unstored, timeout=3000)
    assert sum(map(len, records._known.values())) <= 30
    assert replies[-1] in records._known
    with qtbot.waitSignal(records.loaded, timeout=3000) as told:
        records.request(replies[0])
    assert len((told.args or [])[0].tokens) == 10
    ask(app, qtbot, "slow 50")  # longer than all that is kept: what is written stays whole
    assert len(records._known[last_reply(chat_of(app)).message.id]) == 50
    qtbot.waitUntil(lambda: not records._unstored, timeout=3000)


def test_a_part_that_could_not_be_written_leaves_no_gap(
    app: App, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = TokenStore.add, []

    def add(store: TokenStore, message_id: str, first: int, tokens: Sequence[Token]) -> None:
        tries.append(first)
        if len(tries) == 2:
            raise error(DISK_FULL, folder="here")
        real(store, message_id, first, tokens)

    monkeypatch.setattr(token_records, "RETRY_MS", 300)
    monkeypatch.setattr(TokenStore, "add", add)
    ask(app, qtbot, "slow 300", wait=False)
    qtbot.waitUntil(lambda: len(tries) >= 4, timeout=20_000)
    assert app.context.conversations.writing
    assert tries[2] == tries[1]
    assert len(stored(app, last_reply(chat_of(app)).message.id)) >= tries[3]
    app.context.conversations.stop()


def test_a_reply_that_could_not_be_stored_is_stored_later(
    app: App, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, full = TokenStore.put, True

    def put(store: TokenStore, message_id: str, tokens: Sequence[Token]) -> None:
        if full:
            raise error(DISK_FULL, folder="here")
        real(store, message_id, tokens)

    monkeypatch.setattr(token_records, "KEPT_TOKENS", 1)
    monkeypatch.setattr(TokenStore, "put", put)
    ask(app, qtbot, "say one two")
    first = last_reply(chat_of(app)).message.id
    ask(app, qtbot, "say three")
    qtbot.waitUntil(lambda: app._writes.waiting, timeout=3000)
    assert stored(app, first) == []
    assert first in app.context.records._known  # nowhere else
    full = False
    app._writes.retry()
    qtbot.waitUntil(lambda: [token.text for token in stored(app, first)] == ["one", " two"], timeout=5000)


def test_what_waits_to_be_stored_is_deleted_with_the_others(
    app: App, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_store: TokenStore, _message_id: str, _tokens: Sequence[Token]) -> None:
        raise error(DISK_FULL, folder="here")

    with monkeypatch.context() as patch:
        patch.setattr(TokenStore, "put", full)
        ask(app, qtbot, "say one two")
        qtbot.waitUntil(lambda: app._writes.waiting, timeout=3000)
    with qtbot.waitSignal(app.context.records.purged, timeout=5000):
        app.context.records.purge()
    app._writes.retry()
    qtbot.waitUntil(lambda: not app._writes.waiting, timeout=5000)
    assert stored(app, last_reply(chat_of(app)).message.id) == []


def test_a_continued_reply_keeps_the_tokens_it_goes_on_from(app: App, qtbot: QtBot) -> None:
    chat = chat_of(app)
    ask(app, qtbot, "slow 1000", wait=False)
    qtbot.waitUntil(lambda: len(last_reply(chat).body.text()) > 20, timeout=10_000)
    app.context.conversations.stop()
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=3000)
    first = last_reply(chat).message
    last_reply(chat)._continue.click()
    qtbot.waitUntil(lambda: last_reply(chat).message.id != first.id, timeout=3000)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=10_000)
    kept, second = stored(app, first.id), last_reply(chat).message
    qtbot.waitUntil(lambda: len(stored(app, second.id)) == len(kept) + 1, timeout=3000)
    begun = stored(app, second.id)[:-1]
    assert [token.text for token in begun] == [token.text for token in kept]
    assert all(token.record is not None for token in begun)


def test_a_conversation_that_branches_off_has_the_records_of_what_it_took(app: App, qtbot: QtBot) -> None:
    chat, conversations = chat_of(app), app.context.conversations
    ask(app, qtbot, "say one two")
    ask(app, qtbot, "slow 200", wait=False)
    qtbot.waitUntil(lambda: len(last_reply(chat).body.text()) > 20, timeout=10_000)
    replies = [view.message.id for view in chat.transcript.views() if view.message.role is not Role.USER]
    with qtbot.waitSignal(conversations.opened, timeout=5000) as told:
        conversations.branch_off(replies[1])  # still being written
    copies = [message for message in (told.args or [])[0].messages if message.role is not Role.USER]
    assert copies[0].text == "one two"
    assert stored(app, copies[0].id) == stored(app, replies[0])
    copied = stored(app, copies[1].id)
    assert "".join(token.text for token in copied) == copies[1].text
    assert copied[0].record is not None
    qtbot.waitUntil(lambda: len(stored(app, replies[1])) == 200, timeout=20_000)
    assert stored(app, replies[1])[: len(copied)] == copied


def test_a_version_that_ends_earlier_has_the_records_of_what_it_keeps(app: App, qtbot: QtBot) -> None:
    chat, conversations = chat_of(app), app.context.conversations
    ask(app, qtbot, "say one two three")
    reply_id = last_reply(chat).message.id
    for text, n_kept in (("one two", 2), ("one t", 0), ("my own", 0)):
        with qtbot.waitSignal(conversations.opened, timeout=5000):
            conversations.edit(reply_id, text)
        version = last_reply(chat).message
        assert version.text == text
        with qtbot.waitSignal(app.context.records.measured, timeout=3000):
            app.context.records.measure()  # behind it in the line
        assert stored(app, version.id) == stored(app, reply_id)[:n_kept]
