"""What if in the real window: the sliders redraw the chosen token's alternatives, walking on keeps them, a reply is
written on with them, and what can't be asked is a sentence."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.sampling import LogitBias, SamplingSettings
from chatapp.services.engine_status import EngineState
from chatapp.ui.panels.probabilities.panel import ProbabilityPanel
from tests.acceptance.chat_hand import Start, ask, chat_of, heat_of, last_reply, press, stored, wait_for_reply

pytestmark = pytest.mark.model

SMOLLM2_ENDS = (0, 2)  # its tokens that end a reply


def bars(panel: ProbabilityPanel) -> list[float]:
    table = panel.candidates.table
    return [bar.p_sampled for row in range(table.rowCount()) if (bar := table.bar(row)) is not None]


def keep_writing(app: App, max_tokens: int) -> None:
    """No reply ends before it is that long."""
    biases = tuple(LogitBias(token=token, bias=-100.0) for token in SMOLLM2_ENDS)
    app.context.conversations.set_sampling(SamplingSettings(max_tokens=max_tokens, logit_bias=biases))


def switched_on(app: App, qtbot: QtBot, place: int) -> ProbabilityPanel:
    """With the token at `place` of the last reply chosen, and its kept row answered."""
    app.context.preferences.set_option("chat", "token_colors", "probability")
    chat = chat_of(app)
    chat.inspector.show()
    panel = chat.inspector.probabilities
    chat.inspector.setCurrentIndex(0)
    qtbot.waitUntil(lambda: last_reply(chat).heat is not None)
    heat_of(last_reply(chat)).choose(place)
    panel.what_if.switch.setChecked(True)
    qtbot.waitUntil(lambda: len(panel.what_if.state.text()) > 1, timeout=10_000)
    return panel


def test_the_sliders_redraw_the_token_and_a_reply_is_written_on_with_them(
    start: Start, qtbot: QtBot, rng: random.Random
) -> None:
    app = start()
    keep_writing(app, 40)
    first = ask(app, qtbot, "Tell me about the sea.")
    place = rng.randrange(3, 20)
    panel = switched_on(app, qtbot, place)
    record = heat_of(last_reply(chat_of(app))).tokens()[place].record
    assert record is not None
    assert panel.what_if.state.text() == "From the logits of that step."
    assert bars(panel)[:-1] == pytest.approx([candidate.p_sampled for candidate in record.top], abs=1e-3)
    answers: list[object] = []
    app.context.inference.answered.connect(answers.append)
    panel.reply.place_chosen.emit(place + 2)  # as from the chart
    assert heat_of(last_reply(chat_of(app))).chosen == panel.chosen == place + 2
    qtbot.wait(500)
    assert len(answers) == 1
    panel.reply.place_chosen.emit(place)
    panel.what_if.sliders["top_k"].setFocus()
    press(app, qtbot, Qt.Key.Key_Home)
    panel.what_if.sliders["top_p"].setValue(200)
    panel.what_if.sliders["min_p"].setValue(0)
    panel.what_if.sliders["temperature"].setValue(100)
    assert panel.what_if.tried is not None
    assert (panel.what_if.tried.top_k, panel.what_if.tried.top_p, panel.what_if.tried.temperature) == (0, 1.0, 1.0)
    qtbot.waitUntil(lambda: abs(bars(panel)[0] - record.top[0].p) < 1e-3, timeout=5_000)
    assert bars(panel)[:-1] == pytest.approx([candidate.p for candidate in record.top], abs=1e-3)
    assert "What if" in str(panel.candidates.table.headerData(2, Qt.Orientation.Horizontal))
    panel.what_if.sliders["temperature"].setValue(0)
    qtbot.waitUntil(lambda: bars(panel)[0] == 1.0, timeout=5_000)
    heat_of(last_reply(chat_of(app))).setFocus()
    press(app, qtbot, Qt.Key.Key_Right)  # another token: the settings tried stay
    assert panel.chosen == place + 1
    qtbot.waitUntil(lambda: bars(panel)[0] == 1.0, timeout=5_000)
    before = heat_of(last_reply(chat_of(app))).tokens()
    panel.what_if.resample.click()
    wait_for_reply(app, qtbot)
    other = last_reply(chat_of(app))
    assert other.message.id != first.message.id
    assert other.message.reply.sampling is not None
    assert other.message.reply.sampling.temperature == 0.0
    assert app.context.conversations.sampling.temperature == SamplingSettings().temperature
    tokens = heat_of(other).tokens()
    assert [token.id for token in tokens[: place + 1]] == [token.id for token in before[: place + 1]]
    assert all(token.record is not None and token.record.rank == 0 for token in tokens[place + 1 :])
    panel.what_if.switch.setChecked(False)
    assert "Sampled" in str(panel.candidates.table.headerData(2, Qt.Orientation.Horizontal))


def test_after_a_restart_a_step_is_computed_again_and_what_changed_is_said(start: Start, qtbot: QtBot) -> None:
    app = start()
    keep_writing(app, 40)
    reply = ask(app, qtbot, "Name the planets.")
    app = start()
    app.context.conversations.open(reply.message.conversation_id)
    qtbot.waitUntil(lambda: chat_of(app).transcript.last_reply() is not None, timeout=10_000)
    panel = switched_on(app, qtbot, 8)
    record = heat_of(last_reply(chat_of(app))).tokens()[8].record
    assert record is not None
    qtbot.waitUntil(lambda: "no longer kept" in panel.what_if.state.text(), timeout=30_000)
    assert bars(panel)[:-1] == pytest.approx([candidate.p_sampled for candidate in record.top], abs=2e-2)
    app.context.conversations.set_system_prompt("Answer only in French, in one word.")
    seen: set[str] = set()
    for place in (1, 3, 5, 7, 9):
        heat_of(last_reply(chat_of(app))).choose(place)
        qtbot.waitUntil(lambda: "Computed again" in panel.what_if.state.text(), timeout=30_000)
        seen.add(panel.what_if.state.text())
    assert any("not as it was recorded" in text for text in seen)


def test_what_cant_be_asked_is_a_sentence(start: Start, qtbot: QtBot) -> None:
    app = start()
    keep_writing(app, 10)
    ask(app, qtbot, "Say hello.")
    panel = switched_on(app, qtbot, 2)
    path = app.context.inference.status.path
    app.context.inference.unload()
    panel.what_if.sliders["temperature"].setValue(20)
    assert "No model" in panel.what_if.state.text()
    record = stored(app, last_reply(chat_of(app)).message.id)[2].record
    assert record is not None
    assert bars(panel)[:-1] == pytest.approx([c.p_sampled for c in record.top], abs=1e-4)
    panel.what_if.switch.setChecked(False)
    assert path is not None
    app.context.model_choice.use(path)
    assert app.context.inference.status.state is EngineState.LOADING
    panel.what_if.switch.setChecked(True)
    qtbot.waitUntil(lambda: "Computed again" in panel.what_if.state.text(), timeout=30_000)  # once it is there


def test_a_token_of_the_reply_being_written_does_not_wait_for_one_that_has_to(start: Start, qtbot: QtBot) -> None:
    app = start()
    keep_writing(app, 10)
    old = ask(app, qtbot, "Say hello.")
    app = start()
    app.context.conversations.open(old.message.conversation_id)
    qtbot.waitUntil(lambda: chat_of(app).transcript.last_reply() is not None, timeout=10_000)
    app.context.preferences.set_option("chat", "token_colors", "probability")
    keep_writing(app, 1500)
    chat = chat_of(app)
    chat.inspector.show()
    chat.inspector.setCurrentIndex(0)
    panel = chat.inspector.probabilities
    panel.what_if.switch.setChecked(True)
    chat.prompt.set_text("Tell me a long story.")
    chat.prompt.button.click()
    qtbot.waitUntil(lambda: chat.transcript.last_reply() != old.message.id, timeout=60_000)
    qtbot.waitUntil(lambda: (heat := last_reply(chat).heat) is not None and len(heat.tokens()) > 10, timeout=60_000)
    earlier = chat.transcript.view_of(old.message.id)
    assert earlier is not None
    heat_of(earlier).choose(2)  # its row is not kept: it has to wait for the end of the reply
    qtbot.wait(100)
    heat_of(last_reply(chat)).choose(3)
    qtbot.waitUntil(lambda: panel.what_if.state.text() == "From the logits of that step.", timeout=20_000)
    assert app.context.conversations.writing
    heat_of(earlier).choose(2)
    app.context.conversations.stop()
    qtbot.waitUntil(lambda: "no longer kept" in panel.what_if.state.text(), timeout=30_000)  # now it has its turn
