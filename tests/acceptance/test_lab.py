"""The lab in the real window with the real model: its numbers are those of a float64 softmax of the binding's logits,
its scores those of the terminal and of the binding, and all of it is done by keyboard alone."""

from __future__ import annotations

import random
from pathlib import Path
from typing import cast

import llama_cpp
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTabBar
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import ChatMessage, Role, WhenFull
from chatapp.core.models import LoadSpec
from chatapp.protocol.engine import ChatPrompt, TokensScored
from chatapp.services.engine_status import EngineState
from chatapp.ui.tabs.chat.prompt_dialog import PromptDialog
from chatapp.ui.tabs.chat.prompt_presenter import _without_oldest
from chatapp.ui.tabs.chat.wish import Wish, WishKind
from chatapp.ui.tabs.lab.view import LabView
from chatapp.workers.client import EngineClient
from tests.acceptance.chat_hand import Start, ask, chat_of, press
from tests.acceptance.prompts import PROMPTS
from tests.acceptance.test_score import lines
from tests.acceptance.test_token_records import Replay

pytestmark = pytest.mark.model

TEMPERATURES = (0.05, 0.3, 1.0, 1.7, 5.0)
TEXT = "The capital of France is Paris.\n\nfor i in range(3):\n\tprint(i)\n天空是蓝色的。 🙂 " + " ".join(PROMPTS) * 4
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def lab_of(app: App) -> LabView:
    return cast(LabView, app.window.page("lab"))


def cells(lab: LabView) -> list[list[str]]:
    table = lab.softmax.step.table
    items = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
    return [[item.text(column) for column in range(6)] for item in items if item is not None]


def test_every_number_is_that_of_a_softmax_in_float64(
    start: Start, qtbot: QtBot, starter_model: Path, rng: random.Random
) -> None:
    app, replay = start(), Replay(starter_model)
    lab = lab_of(app)
    press(app, qtbot, Qt.Key.Key_4, CONTROL)
    page = lab.softmax
    for text in (page.text(), rng.choice(PROMPTS[1:])):
        if text != page.text():
            before = cells(lab)
            page.prompt.setPlainText(text)
            qtbot.waitUntil(lambda b=before: cells(lab) != b, timeout=20_000)  # type: ignore[misc]
        replay.read(text)
        logits = replay.logits()
        for temperature in rng.sample(TEMPERATURES, len(TEMPERATURES)):
            page.temperature.number.widget.setValue(temperature)  # type: ignore[attr-defined]
            heading = f"p, T = {temperature:g}"
            qtbot.waitUntil(lambda h=heading: page.step.table.headerItem().text(5) == h, timeout=20_000)  # type: ignore[misc]
            order = np.argsort(-logits, kind="stable")[:20]
            weights = np.exp((logits - logits.max()) / temperature)
            scaled, plain = weights / weights.sum(), np.exp(logits - logits.max())
            plain /= plain.sum()
            *rows, others = cells(lab)
            assert len(rows) == 20
            for row, at in zip(rows, order, strict=True):
                wanted = (logits[at], logits[at] / temperature, weights[at], plain[at], scaled[at])
                assert [float(cell) for cell in row[1:]] == pytest.approx(wanted, abs=1e-3)
            masses = (1 - plain[order].sum(), 1 - scaled[order].sum())
            assert [float(cell) for cell in others[4:]] == pytest.approx(masses, abs=1e-3)
            entropies = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in (plain, scaled)]
            assert page.step._step is not None
            shown = (page.step._step.entropy, page.step._step.entropy_scaled)
            assert shown == pytest.approx(entropies, abs=1e-3)
            assert all(f"{value:.3f}" in page.step.figures.text() for value in shown)
            assert page.step._step.total == pytest.approx(weights.sum(), rel=1e-4)
    replay.llama.close()


def test_a_score_is_that_of_the_terminal_and_of_the_binding(start: Start, qtbot: QtBot, starter_model: Path) -> None:
    app = start()
    press(app, qtbot, Qt.Key.Key_4, CONTROL)
    lab = lab_of(app)
    page = lab.score
    lab.go_to(page)
    page.box.setPlainText(TEXT)
    page.score_button.click()
    qtbot.waitUntil(page.cancel_button.isHidden, timeout=120_000)
    records = [token.record for token in page.heat.tokens()]
    assert page.heat.text() == TEXT
    *tokens, done = lines("score", "--text", TEXT, "--probs", "20")
    assert [token.id for token in page.heat.tokens()] == [token["id"] for token in tokens]
    for record, token in zip(records[1:], tokens[1:], strict=True):
        assert record is not None
        assert record.logprob == pytest.approx(token["logprob"], abs=1e-6)
        assert [candidate.id for candidate in record.top] == [other["id"] for other in token["top"]]
        assert record.others_p == pytest.approx(token["others"]["p"], abs=1e-6)
    assert page.note.text().startswith(
        f"{done['tokens']:,} tokens, {done['nll']:.3f} nats in all, perplexity {done['perplexity']:.3f}."
    )
    binding = llama_cpp.Llama(
        str(starter_model), n_ctx=2048, n_batch=512, n_threads=1, n_threads_batch=1, logits_all=True, verbose=False,
        flash_attn=True,
    )  # fmt: skip
    ids = binding.tokenize(TEXT.encode(), add_bos=False, special=False)
    binding.eval(ids)
    logits = binding.scores[: len(ids)].astype(np.float64)
    logits -= logits.max(1, keepdims=True)
    logprobs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    binding.close()
    mean = -np.mean([logprobs[at - 1][ids[at]] for at in range(1, len(ids))])
    assert done["perplexity"] == pytest.approx(np.exp(mean), rel=1e-3)
    figures = page.panel.reply.timeline.course.figures()
    assert figures is not None
    assert figures.perplexity == pytest.approx(np.exp(mean), rel=1e-3)


def test_both_pages_by_keyboard_alone(start: Start, qtbot: QtBot) -> None:
    app = start()
    lab = lab_of(app)
    press(app, qtbot, Qt.Key.Key_4, CONTROL)
    page = lab.softmax
    qtbot.waitUntil(page.step.isVisible, timeout=20_000)
    press(app, qtbot, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(QApplication.focusWidget(), "Two plus two is")
    qtbot.waitUntil(lambda: page.text() == "Two plus two is", timeout=2_000)
    qtbot.wait(1500)
    press(app, qtbot, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is page.temperature.slider
    press(app, qtbot, Qt.Key.Key_PageDown)
    cooler = page.temperature.value
    assert cooler < 1.0
    press(app, qtbot, Qt.Key.Key_Tab)
    press(app, qtbot, Qt.Key.Key_Up)
    assert page.temperature.value == pytest.approx(cooler + 0.05)
    press(app, qtbot, Qt.Key.Key_Tab)
    table = page.step.table
    assert QApplication.focusWidget() is table
    for _ in range(3):  # a text written token by token
        before, text = cells(lab), page.text()
        press(app, qtbot, Qt.Key.Key_Down)
        assert table.chosen == 1
        press(app, qtbot, Qt.Key.Key_Return)
        assert len(page.text()) > len(text)
        qtbot.waitUntil(lambda b=before: cells(lab) != b, timeout=20_000)  # type: ignore[misc]
        press(app, qtbot, Qt.Key.Key_Home)
    press(app, qtbot, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is page.step.curves
    press(app, qtbot, Qt.Key.Key_Right)
    assert table.chosen == 1
    press(app, qtbot, Qt.Key.Key_Tab)
    press(app, qtbot, Qt.Key.Key_Space)
    assert page.step.logarithmic.isChecked()

    go_back_to(app, qtbot, QTabBar)
    press(app, qtbot, Qt.Key.Key_Right)
    assert lab.currentWidget() is lab.score
    press(app, qtbot, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is lab.score.box
    QTest.keyClicks(QApplication.focusWidget(), "The sky is blue. The sky is green.")
    press(app, qtbot, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: "perplexity" in lab.score.note.text(), timeout=60_000)
    press(app, qtbot, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is lab.score.score_button
    press(app, qtbot, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is lab.score.heat
    for _ in range(9):
        press(app, qtbot, Qt.Key.Key_Right)
    assert lab.score.panel.chosen == 8
    press(app, qtbot, Qt.Key.Key_Return)
    candidates = lab.score.panel.candidates
    assert QApplication.focusWidget() is candidates
    press(app, qtbot, Qt.Key.Key_Down)
    press(app, qtbot, Qt.Key.Key_Return)  # which writes nothing
    assert not app.context.conversations.writing
    press(app, qtbot, Qt.Key.Key_1, CONTROL)
    assert QApplication.focusWidget() is chat_of(app).prompt.edit


def go_back_to(app: App, qtbot: QtBot, kind: type) -> None:
    for _ in range(12):
        if isinstance(QApplication.focusWidget(), kind):
            return
        press(app, qtbot, Qt.Key.Key_Backtab, SHIFT)
    raise AssertionError


def test_of_a_prompt_that_did_not_fit_what_is_shown_is_scored(starter_model: Path) -> None:
    talk = [ChatMessage(role=Role.SYSTEM, text="Be brief.")]
    for turn in range(30):
        talk += [ChatMessage(role=Role.USER, text=f"Question {turn}?"), ChatMessage(role=Role.ASSISTANT, text="Yes.")]
    prompt = ChatPrompt(messages=(*talk, ChatMessage(role=Role.USER, text="Last?")), when_full=WhenFull.DROP_OLDEST)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=256, n_threads=1))
        shown = client.show_prompt(prompt, 512)
        assert shown.left_out > 0
        events = list(client.score(_without_oldest(prompt, shown.left_out)))
    scored = [token.id for event in events if isinstance(event, TokensScored) for token in event.tokens]
    assert scored == [token.id for token in shown.tokens]


def test_the_exact_prompt_is_scored_as_the_terminal_scores_it(start: Start, qtbot: QtBot) -> None:
    app = start()
    ask(app, qtbot, "Name three colours.")
    chat = chat_of(app)
    chat.transcript.wished.emit(Wish(WishKind.SHOW_PROMPT, chat.transcript.last_reply() or ""))
    (dialog,) = chat.findChildren(PromptDialog)
    qtbot.waitUntil(lambda: dialog.score_button.isEnabled(), timeout=20_000)
    plain = dialog.text.toPlainText()
    dialog.score_button.click()
    *_tokens, done = lines("score", "--text", "Name three colours.", "--chat")
    qtbot.waitUntil(lambda: f"{done['perplexity']:.2f}" in dialog.summary.text(), timeout=60_000)
    assert dialog.text.toPlainText() == plain
    dialog.close()
    assert app.context.inference.status.state is EngineState.READY
