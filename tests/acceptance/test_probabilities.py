"""Probabilities in the real window with the real model: coloured while they stream, kept, walked and branched from by
keyboard alone."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.core.generation import FinishReason
from chatapp.core.sampling import SamplingSettings
from chatapp.storage.token_store import TokenStore
from tests.acceptance.chat_hand import Start, ask, chat_of, heat_of, last_reply, press, stored, wait_for_reply

pytestmark = pytest.mark.model


def test_a_reply_is_coloured_while_it_streams_and_after_a_restart(start: Start, qtbot: QtBot) -> None:
    app = start()
    app.context.preferences.set_option("chat", "token_colors", "surprisal")
    chat = chat_of(app)
    chat.prompt.set_text("Tell me about the sea.")
    chat.prompt.button.click()
    qtbot.waitUntil(
        lambda: any(v.heat is not None and 3 < len(v.heat.tokens()) < 40 for v in chat.transcript.views()),
        timeout=60_000,
    )
    assert app.context.conversations.writing
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=120_000)
    qtbot.wait(200)
    view = last_reply(chat)
    heat = heat_of(view)
    assert view.body.isHidden()
    assert view.text() == view.message.text
    assert view.body.text() != view.message.text  # nothing is rendered that nobody sees
    assert "".join(token.text for token in heat.tokens()) == view.message.text
    assert all(token.record is not None for token in heat.tokens())
    assert chat.inspector.probabilities.reply.figures.text() != ""
    before = list(heat.tokens())

    app = start()
    chat = chat_of(app)
    app.context.conversations.open(view.message.conversation_id)
    qtbot.waitUntil(lambda: any(v.heat is not None for v in chat.transcript.views()), timeout=10_000)
    after = heat_of(last_reply(chat)).tokens()
    assert [(token.id, token.text) for token in after] == [(token.id, token.text) for token in before]
    for old, new in zip(before, after, strict=True):
        assert old.record is not None
        assert new.record is not None
        assert new.record.logprob == pytest.approx(old.record.logprob, abs=1e-5)
        assert [c.id for c in new.record.top] == [c.id for c in old.record.top]
    app.context.preferences.set_option("chat", "token_colors", "off")
    assert last_reply(chat).heat is None
    assert last_reply(chat).body.isVisible()
    assert last_reply(chat).body.text() == view.message.text


def test_colours_switched_off_show_all_that_was_written_meanwhile(start: Start, qtbot: QtBot) -> None:
    app = start()
    app.context.preferences.set_option("chat", "token_colors", "entropy")
    view = ask(app, qtbot, "Name three colours.")
    assert view.heat is not None
    app.context.preferences.set_option("chat", "token_colors", "off")
    assert view.body.isVisible()
    assert view.body.text() == view.message.text != ""


def test_tokens_are_walked_and_branched_from_by_keyboard_alone(start: Start, qtbot: QtBot, rng: random.Random) -> None:
    app = start()
    chat = chat_of(app)

    first = ask(app, qtbot, "Why is the sky blue?")
    old_id, old_text = first.message.id, first.message.text
    press(app, qtbot, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: last_reply(chat).heat is not None)
    heat = heat_of(last_reply(chat))
    for _ in range(20):
        if QApplication.focusWidget() is heat:
            break
        press(app, qtbot, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is heat
    place = rng.randrange(5, 20)
    for _ in range(place + 1):
        press(app, qtbot, Qt.Key.Key_Right)
    assert heat.chosen == place
    assert heat.accessibleDescription() != ""
    press(app, qtbot, Qt.Key.Key_Return)
    panel = chat.inspector.probabilities
    assert QApplication.focusWidget() is panel.candidates
    assert panel.chosen == place
    row = panel.candidates.currentIndex().row()
    press(app, qtbot, Qt.Key.Key_Up if row > 0 else Qt.Key.Key_Down)
    candidate = panel.candidates.table.candidate(panel.candidates.currentIndex().row())
    assert candidate is not None
    assert candidate.id != heat.tokens()[place].id
    kept = "".join(token.text for token in heat.tokens()[:place])
    press(app, qtbot, Qt.Key.Key_Return)
    wait_for_reply(app, qtbot)
    branched = last_reply(chat)
    assert branched.message.id != old_id
    assert branched.versions is not None
    assert len(branched.versions.ids) == 2
    assert branched.message.text.startswith(kept + candidate.data.decode("utf-8", "ignore"))
    new = heat_of(branched).tokens()
    assert [token.id for token in new[: place + 1]] == [
        *(token.id for token in heat.tokens()[:place]), candidate.id
    ]  # fmt: skip
    assert all(token.record is not None for token in new)
    assert branched.message.reply.usage is not None
    assert branched.message.reply.usage.cached_tokens > 0
    assert app.context.conversations.text_of(old_id) == old_text
    qtbot.waitUntil(lambda: len(stored(app, branched.message.id)) == len(new), timeout=5_000)

    app = start()
    app.context.conversations.open(branched.message.conversation_id)
    qtbot.waitUntil(lambda: app.context.conversations.text_of(old_id) == old_text, timeout=10_000)
    assert app.context.conversations.text_of(branched.message.id) == branched.message.text
    assert [token.id for token in stored(app, branched.message.id)] == [token.id for token in new]
    assert "".join(token.text for token in stored(app, old_id)) == old_text


def test_a_killed_worker_costs_no_record_of_what_is_shown(start: Start, qtbot: QtBot) -> None:
    app = start()
    app.context.preferences.set_option("chat", "token_colors", "probability")
    app.context.preferences.set_option("sampling", "max_tokens", 400)
    chat = chat_of(app)
    chat.prompt.set_text("Tell me a long story.")
    chat.prompt.button.click()
    qtbot.waitUntil(
        lambda: any(v.heat is not None and len(v.heat.tokens()) > 15 for v in chat.transcript.views()), timeout=60_000
    )
    worker = app.context.inference._worker
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=20_000)
    qtbot.wait(300)
    view = last_reply(chat)
    tokens = heat_of(view).tokens()
    assert "".join(token.text for token in tokens) == view.message.text
    assert all(token.record is not None for token in tokens)
    qtbot.waitUntil(lambda: len(stored(app, view.message.id)) == len(tokens), timeout=5_000)


def test_without_records_replies_stay_as_they_are(start: Start, qtbot: QtBot) -> None:
    app = start()
    app.context.preferences.set_option("chat", "alternatives", 0)
    app.context.preferences.set_option("chat", "token_colors", "rank")
    view = ask(app, qtbot, "Say hello.")
    assert view.heat is None
    assert view.body.isVisible()
    assert stored(app, view.message.id) == []
    assert not chat_of(app).inspector.probabilities._empty.isHidden()


def test_a_continued_reply_shows_all_of_itself_and_the_tokens_of_the_panel(start: Start, qtbot: QtBot) -> None:
    app = start()
    app.context.preferences.set_option("chat", "token_colors", "surprisal")
    app.context.preferences.set_option("sampling", "max_tokens", 20)
    first = ask(app, qtbot, "Tell me about the stars.")
    app = start()  # what was known of the first part has to be read again
    app.context.preferences.set_option("sampling", "max_tokens", 20)
    app.context.conversations.open(first.message.conversation_id)
    qtbot.waitUntil(lambda: chat_of(app).transcript.last_reply() is not None, timeout=10_000)
    app.context.conversations.continue_reply(first.message.id)
    wait_for_reply(app, qtbot)
    view = last_reply(chat_of(app))
    tokens = heat_of(view).tokens()
    assert "".join(token.text for token in tokens) == view.message.text
    assert view.message.text.startswith(first.message.text)
    panel = chat_of(app).inspector.probabilities
    assert [token.id for token in panel.reply.tokens] == [token.id for token in tokens]
    heat_of(view).choose(len(tokens) - 2)
    assert panel.candidates.table.chosen == tokens[-2].id


def test_a_cut_stop_text_is_not_shown_as_part_of_the_reply(start: Start, qtbot: QtBot) -> None:
    app = start()
    app.context.preferences.set_option("chat", "token_colors", "surprisal")
    app.context.conversations.set_sampling(SamplingSettings(max_tokens=60, temperature=0.0, stop=(" the ", ",")))
    view = ask(app, qtbot, "Tell me about the sea and the sky.")
    assert view.message.reply.finish_reason is FinishReason.STOP
    written = "".join(token.text for token in stored(app, view.message.id))
    assert len(written) > len(view.message.text)
    assert "".join(token.text for token in heat_of(view).tokens()) == view.message.text == view.text()
    app.context.conversations.set_sampling(SamplingSettings(max_tokens=5))
    other = ask(app, qtbot, "And the moon?")
    heat_of(other).choose(1)
    heat_of(view).choose(1)  # its tokens are told once more
    assert "".join(token.text for token in heat_of(view).tokens()) == view.message.text == view.text()


def test_what_has_no_records_is_shown_all_the_same(start: Start, qtbot: QtBot) -> None:
    """After a kill the text is a little longer than its records; they may also be of another text."""
    app = start()
    app.context.preferences.set_option("chat", "token_colors", "surprisal")
    view = ask(app, qtbot, "Tell me about the moon.")
    tokens, message = stored(app, view.message.id), view.message
    for kept in (tokens[:7], [replace(tokens[0], text="Something else"), *tokens[1:]]):
        TokenStore(app._database).put(message.id, kept)
        app = start()
        app.context.conversations.open(message.conversation_id)
        qtbot.waitUntil(lambda app=app: chat_of(app).transcript.last_reply() is not None, timeout=10_000)
        qtbot.wait(300)
        assert last_reply(chat_of(app)).text() == message.text
    assert last_reply(chat_of(app)).heat is None
