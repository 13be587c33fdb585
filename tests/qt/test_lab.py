"""The lab's pages over the scripted engine: every state has a sentence and a way out, and keys reach everything."""

from __future__ import annotations

import math
from typing import cast

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.engine_status import EngineState
from chatapp.ui.palette import Palette
from chatapp.ui.panels.probabilities.measure import Measure
from chatapp.ui.tabs.chat.prompt_dialog import PromptDialog
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.chat.wish import WishKind
from chatapp.ui.tabs.lab.score_page import ScorePage
from chatapp.ui.tabs.lab.softmax_page import SoftmaxPage
from chatapp.ui.tabs.lab.view import LabView
from tests.fakes.scripted_engine import LOGITS
from tests.qt.test_chat import ask, shown

CONTROL = Qt.KeyboardModifier.ControlModifier


def lab_of(app: App) -> LabView:
    return cast(LabView, app.window.page("lab"))


@pytest.fixture
def softmax(app: App, qtbot: QtBot) -> SoftmaxPage:
    QTest.keyClick(app.window, Qt.Key.Key_4, CONTROL)
    page = lab_of(app).softmax
    qtbot.waitUntil(page.step.isVisible, timeout=5000)
    return page


@pytest.fixture
def score(app: App, qtbot: QtBot) -> ScorePage:
    QTest.keyClick(app.window, Qt.Key.Key_4, CONTROL)
    lab = lab_of(app)
    lab.go_to(lab.score)
    return lab.score


def cells(page: SoftmaxPage) -> list[list[str]]:
    table = page.step.table
    items = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
    return [[item.text(column) for column in range(6)] for item in items if item is not None]


def run(page: ScorePage, text: str, qtbot: QtBot) -> None:
    page.box.setPlainText(text)
    page.score_button.click()
    qtbot.waitUntil(page.cancel_button.isHidden, timeout=10_000)


def test_the_table_is_the_formula_at_every_temperature(softmax: SoftmaxPage, qtbot: QtBot) -> None:
    for temperature in (1.0, 0.05, 5.0):
        softmax.temperature.slider.setValue(0 if temperature < 1 else 10_000)
        softmax.temperature.number.widget.setValue(temperature)  # type: ignore[attr-defined]
        heading = f"p, T = {temperature:g}"
        qtbot.waitUntil(lambda h=heading: softmax.step.table.headerItem().text(5) == h, timeout=3000)
        weights = [math.exp((logit - 3.0) / temperature) for _, logit in LOGITS]
        for row, (_, logit), weight in zip(cells(softmax)[:-1], LOGITS, weights, strict=True):
            assert float(row[1]) == pytest.approx(logit, abs=1e-3)
            assert float(row[2]) == pytest.approx(logit / temperature, abs=1e-3)
            assert float(row[3]) == pytest.approx(weight, abs=1e-3)
            assert float(row[5]) == pytest.approx(weight / sum(weights), abs=1e-3)
        entropy = -sum(w / sum(weights) * math.log(w / sum(weights)) for w in weights)
        assert f"{entropy:.3f}" in softmax.step.figures.text()
        numbers = softmax.step.numbers
        qtbot.waitUntil(lambda: numbers.accessibleName().endswith(cells(softmax)[0][5]), timeout=3000)  # noqa: B023
        likeliest = cells(softmax)[0]
        wanted = f"{likeliest[3]} / {sum(weights):.4f} = {likeliest[5]}"
        assert softmax.step.numbers.accessibleName().endswith(wanted)
    for drawn in (softmax.step.formula, softmax.step.numbers):
        qtbot.waitUntil(lambda d=drawn: not d.pixmap().isNull(), timeout=5000)  # type: ignore[misc]


def test_nothing_is_typeset_once_all_is_closed(app: App, softmax: SoftmaxPage) -> None:
    app.close()
    softmax.step.formula.set_formula("x^2", "x squared")
    assert softmax.step.formula.text() == "x squared"


def test_slider_and_number_are_one_and_one_can_be_reached(softmax: SoftmaxPage) -> None:
    field = softmax.temperature
    seen = []
    for place in range(field.slider.maximum() + 1):
        field.slider.setValue(place)
        seen.append(field.value)
        assert field.number.widget.value() == field.value  # type: ignore[attr-defined]
        assert field.slider.value() == place
    assert (seen[0], seen[-1]) == (0.05, 5.0)
    assert 1.0 in seen


def test_a_row_is_appended_by_enter_and_its_place_is_kept(softmax: SoftmaxPage, qtbot: QtBot) -> None:
    table, curves = softmax.step.table, softmax.step.curves
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert table.chosen == 1
    assert curves.accessibleDescription().startswith("␣two")
    QTest.keyClick(curves, Qt.Key.Key_Right)
    assert table.chosen == 2
    QTest.keyClick(curves, Qt.Key.Key_Left)
    softmax.temperature.slider.setValue(3)
    qtbot.wait(100)
    assert table.chosen == 1  # at another temperature it is the same token
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert softmax.text() == "The capital of France is two"
    softmax.prompt.undo()
    assert softmax.text() == "The capital of France is"
    for row in (2, 3):  # the end of the text, half a character
        table.choose(row)
        QTest.keyClick(table, Qt.Key.Key_Return)
        assert softmax.text() == "The capital of France is"
        assert softmax.note.isVisible()


def test_what_stands_in_the_way_is_said_with_a_way_out(app: App, softmax: SoftmaxPage, qtbot: QtBot) -> None:
    softmax.prompt.setPlainText("")
    qtbot.waitUntil(lambda: softmax.step.isHidden() and softmax.note.isVisible(), timeout=3000)
    softmax.prompt.setPlainText("refuse this")
    qtbot.waitUntil(lambda: softmax._card is not None, timeout=3000)
    assert softmax.step.isHidden()
    softmax.prompt.setPlainText("ok")
    qtbot.waitUntil(softmax.step.isVisible, timeout=3000)
    assert softmax._card is None
    path = app.context.inference.status.path
    app.context.inference.unload()
    qtbot.waitUntil(lambda: softmax._card is not None, timeout=3000)
    app.context.model_choice.use(path)
    qtbot.waitUntil(softmax.step.isVisible, timeout=20_000)
    softmax.prompt.setPlainText("\ud800")
    qtbot.waitUntil(lambda: softmax._card is not None, timeout=3000)


def test_a_text_that_ends_its_worker_is_not_given_to_the_next(app: App, softmax: SoftmaxPage, qtbot: QtBot) -> None:
    inference = app.context.inference
    softmax.prompt.setPlainText("crash now")
    with qtbot.waitSignal(inference.worker_died, timeout=10_000):
        pass
    died: list[object] = []
    inference.worker_died.connect(died.append)
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=20_000)
    qtbot.wait(800)
    assert died == []
    assert softmax._card is not None
    softmax.prompt.setPlainText("ok")
    qtbot.waitUntil(softmax.step.isVisible, timeout=20_000)


def test_what_waits_for_a_reply_says_so(app: App, chat: ChatView, softmax: SoftmaxPage, qtbot: QtBot) -> None:
    ask(app, qtbot, "slow 150", wait=False)
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.GENERATING, timeout=5000)
    softmax.prompt.setPlainText("late")
    qtbot.waitUntil(lambda: "reply" in softmax.note.text(), timeout=1400)
    app.context.conversations.stop()  # which ends all that waits for the worker
    qtbot.waitUntil(lambda: softmax.note.isHidden() and softmax.step.isVisible(), timeout=5000)
    qtbot.wait(500)
    assert softmax._card is None
    assert cells(softmax)[0][0] == "␣one"


def test_a_scored_text_is_coloured_walked_and_told_of(app: App, score: ScorePage, qtbot: QtBot) -> None:
    before = app.context.preferences.settings
    run(score, "one two three", qtbot)
    assert [token.text for token in score.heat.tokens()] == ["one", " two", " three"]
    assert score.heat.tokens()[0].record is None
    assert score.note.text().startswith("3 tokens, 1.386 nats in all, perplexity 2.000.")
    score.heat.setFocus()
    for place in range(3):
        QTest.keyClick(score.heat, Qt.Key.Key_Right)
        assert (score.heat.chosen, score.panel.chosen) == (place, place)
    QTest.keyClick(score.heat, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is score.panel.candidates
    assert score.panel.candidates.isColumnHidden(3)  # nothing was sampled
    QTest.keyClick(score.panel.candidates, Qt.Key.Key_Return)
    assert app.context.shelf.conversations == []
    score.panel.reply.timeline.setFocus()
    QTest.keyClick(score.panel.reply.timeline, Qt.Key.Key_Left)
    assert score.heat.chosen == 1
    color = _background(score, 5)
    score.panel.measures.setCurrentIndex(list(Measure).index(Measure.RANK))
    score.panel.measures.activated.emit(3)
    assert _background(score, 5) != color
    assert app.context.preferences.settings == before
    app.context.preferences.set_option("chat", "token_marks", "lines")
    assert score.panel.underlines.isChecked()


def _background(score: ScorePage, position: int) -> str:
    cursor = QTextCursor(score.heat.document())
    cursor.setPosition(position)
    return cursor.charFormat().background().color().name()


def test_the_token_chosen_is_scrolled_to(score: ScorePage, qtbot: QtBot) -> None:
    run(score, "word\n" * 300, qtbot)
    bar = score._area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=3000)
    QTest.keyClick(score.heat, Qt.Key.Key_End)

    def is_seen() -> bool:
        last = score.heat.rect_of(len(score.heat.tokens()) - 1)
        seen = QRect(score.heat.mapTo(score._area.viewport(), last.topLeft()), last.size())
        return score._area.viewport().rect().contains(seen)

    qtbot.waitUntil(is_seen, timeout=3000)
    QTest.keyClick(score.heat, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: bar.value() == 0, timeout=3000)


def test_tokens_are_counted_while_one_types(score: ScorePage, qtbot: QtBot) -> None:
    assert not score.score_button.isEnabled()
    score.box.setPlainText("some words")
    qtbot.waitUntil(lambda: "100" in score.count.text(), timeout=3000)
    score.box.setPlainText("")
    qtbot.waitUntil(lambda: score.count.text() == "", timeout=3000)


def test_a_score_is_cancelled_by_escape_and_what_came_stays(score: ScorePage, qtbot: QtBot) -> None:
    score.box.setPlainText("slow " + "word " * 400)
    QTest.keyClick(score.box, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: len(score.heat.tokens()) > 5, timeout=5000)
    assert score._progress.isVisible()
    QTest.keyClick(score.box, Qt.Key.Key_Escape)
    qtbot.waitUntil(score.cancel_button.isHidden, timeout=5000)
    assert 5 < len(score.heat.tokens()) < 300
    for text in ("slow and given up", "one two three"):  # the last one counts
        score.box.setPlainText(text)
        QTest.keyClick(score.box, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(score.cancel_button.isHidden, timeout=5000)
    assert score.heat.text() == "one two three"
    score.box.setPlainText("slow" + " word" * 400)
    QTest.keyClick(score.box, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: len(score.heat.tokens()) > 5, timeout=5000)
    QTest.keyClick(score.box, Qt.Key.Key_Escape)
    qtbot.waitUntil(score.cancel_button.isHidden, timeout=5000)
    assert score.note.text().startswith("Ended early")


def test_trouble_is_a_card(app: App, score: ScorePage, qtbot: QtBot) -> None:
    for text in ("refuse this", "crash now", "\ud800"):
        score.box.setPlainText(text)
        score.score_button.click()
        qtbot.waitUntil(lambda: score._card is not None, timeout=10_000)
        assert score.cancel_button.isHidden()
        qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=20_000)
        run(score, "one two", qtbot)
        assert score._card is None


def test_a_reply_goes_first_and_the_score_is_made_after_it(
    app: App, chat: ChatView, score: ScorePage, qtbot: QtBot
) -> None:
    score.box.setPlainText("slow" + " word" * 60)
    score.score_button.click()
    qtbot.waitUntil(lambda: len(score.heat.tokens()) > 5, timeout=5000)
    ask(app, qtbot, "slow 40", wait=False)
    qtbot.waitUntil(lambda: app.context.conversations.writing, timeout=3000)
    assert score.heat.tokens() == []
    assert "after it" in score.note.text()
    ask(app, qtbot, "say more", wait=False)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=10_000)
    qtbot.waitUntil(score.cancel_button.isHidden, timeout=10_000)
    assert len(score.heat.tokens()) == 61
    score.box.setPlainText("one two")
    ask(app, qtbot, "slow 40", wait=False)
    qtbot.waitUntil(lambda: app.context.conversations.writing, timeout=3000)
    score.score_button.click()
    assert "after it" in score.note.text()
    score.cancel_button.click()
    assert score.cancel_button.isHidden()
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=10_000)
    qtbot.wait(100)
    assert score.heat.tokens() == []


def test_the_tokens_of_an_exact_prompt_are_scored_in_place(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    shown(chat)[1]._wish(WishKind.SHOW_PROMPT)
    dialog = chat.findChildren(PromptDialog)[-1]
    assert not dialog.score_button.isEnabled()
    qtbot.waitUntil(lambda: dialog.text.toPlainText() == "say one", timeout=3000)
    dialog.score_button.click()
    qtbot.waitUntil(lambda: "2.00" in dialog.summary.text(), timeout=3000)
    cursor = QTextCursor(dialog.text.document())
    cursor.setPosition(1)
    assert cursor.charFormat().toolTip().startswith("1.00 bit")
    dialog.close()
    ask(app, qtbot, "slow 3")
    shown(chat)[3]._wish(WishKind.SHOW_PROMPT)
    dialog = chat.findChildren(PromptDialog)[-1]
    qtbot.waitUntil(lambda: dialog.text.toPlainText() == "slow 3", timeout=3000)
    with qtbot.waitSignal(app.context.inference.failed, timeout=3000):  # closed, it is cancelled
        dialog.score_button.click()
        dialog.close()
    ask(app, qtbot, "say two")


def test_the_palette_leads_to_both_pages(app: App, qtbot: QtBot) -> None:
    lab = lab_of(app)
    for words, page, box in (("score a text", lab.score, lab.score.box), ("softmax", lab.softmax, lab.softmax.prompt)):
        QTest.keyClick(app.window, Qt.Key.Key_K, CONTROL)
        palette = app.window.findChildren(Palette)[-1]
        line = palette.findChild(QLineEdit)
        assert line is not None
        QTest.keyClicks(line, words)
        QTest.keyClick(line, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda p=page, b=box: lab.currentWidget() is p and b.hasFocus(), timeout=3000)


def test_all_is_said_in_the_language_chosen(app: App, softmax: SoftmaxPage, score: ScorePage, qtbot: QtBot) -> None:
    run(score, "one two", qtbot)
    app.context.preferences.set_option("appearance", "language", "zh_CN")
    words = (score.note, softmax._intro, softmax._limits, softmax.step.figures, score._intro, score.panel._empty)
    qtbot.waitUntil(lambda: all(any("\u4e00" <= c <= "\u9fff" for c in w.text()) for w in words), timeout=3000)
    table = softmax.step.table
    assert [table.headerItem().text(0)] != ["Token"]
    assert lab_of(app).tabText(1) != "Score a text"
