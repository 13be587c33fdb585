"""The lanes page over a service whose engine is the test: run, stream, stop, resume, add, remove."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.core.comparison import MOST_LANES, ComparedPrompt, Comparison, LaneResult, LaneState
from chatapp.core.errors import error
from chatapp.core.generation import FinishReason, Token
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import CANCELLED, DECODE_FAILED, NO_MODEL_LOADED
from chatapp.ui.actions import add_shortcuts
from chatapp.ui.tabs.compare import TAB
from chatapp.ui.tabs.compare.lanes_page import LanesPage
from chatapp.ui.tabs.compare.presenter import PROBS
from chatapp.ui.tabs.compare.view import CompareView
from chatapp.ui.theme import Theme
from tests.builders import token_record
from tests.fakes.comparisons import Parts

CONTROL = Qt.KeyboardModifier.ControlModifier
STOPPED = FinishReason.CANCELLED


@pytest.fixture
def parts(light: Theme, qtbot: QtBot) -> Iterator[Parts]:
    parts = Parts(light)
    yield parts
    parts.background.close()


@pytest.fixture
def page(parts: Parts, qtbot: QtBot) -> Iterator[LanesPage]:
    made = TAB.build(parts.context)
    assert isinstance(made.widget, CompareView)
    add_shortcuts(made.actions, made.widget)
    made.widget.resize(1208, 900)
    made.widget.show()
    qtbot.waitExposed(made.widget)
    made.take_focus()
    yield made.widget.lanes
    made.widget.deleteLater()
    qtbot.wait(1)  # in an event loop it is deleted


def run(page: LanesPage, text: str = "Once") -> None:
    page.prompt.box.setPlainText(text)
    page.prompt.run_button.click()


def unbroken(*parts: str) -> str:
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)


def states(parts: Parts) -> list[LaneState]:
    return [lane.state for lane in parts.service.comparison.lanes]


def texts(page: LanesPage) -> list[str]:
    return [column.heat.text() for column in page.columns]


def test_an_empty_prompt_can_not_be_run_and_it_is_said_why(page: LanesPage, parts: Parts) -> None:
    assert len(page.columns) == 2
    assert "prompt" in page.note.text()
    assert page.columns[0].empty.isVisible()
    for text in ("", "  \n"):
        page.prompt.box.setPlainText(text)
        assert not page.prompt.run_button.isEnabled()
        assert "prompt" in page.prompt.run_button.toolTip()
    QTest.keyClick(page.prompt.box, Qt.Key.Key_Return)
    assert parts.inference.asked == []


def test_all_lanes_stream_at_once_into_their_columns(page: LanesPage, parts: Parts) -> None:
    page.prompt.limit.widget.setValue(50)  # type: ignore[attr-defined]
    run(page)
    (asked,) = parts.inference.asked
    assert [lane.sampling.temperature for lane in asked.lanes] == [0.8, 1.2]
    assert {lane.sampling.max_tokens for lane in asked.lanes} == {50}
    assert asked.probs == PROBS
    assert [column.state.text() for column in page.columns] == ["Writing", "Writing"]
    parts.inference.read(1, 4)
    assert page.note.text() == "Reading the prompt: 25 %"
    parts.inference.write(0, "A", " day")
    parts.inference.write(1, "One")
    parts.inference.write(0, " ago", first=2)
    assert texts(page) == ["A day ago", "One"]
    assert page.columns[0].figures.text() == unbroken("3 tokens", "perplexity 2.00", "entropy 1.00 nat")
    assert page.columns[0].empty.isHidden()
    assert page.prompt.stop_button.isVisible()
    assert page.prompt.run_button.isHidden()
    assert not page.presets.isEnabled()
    parts.inference.end_lane(0, "A day ago")
    parts.inference.end_lane(1, "One", FinishReason.LENGTH)
    assert [column.state.text() for column in page.columns] == ["Ended by the model", "Length limit reached"]
    assert page.columns[0].figures.text().endswith("20.0\u00a0tok/s")
    parts.inference.end(together=False)
    assert page.note.text().startswith("4 tokens in all. The lanes were written one after another")
    assert page.prompt.run_button.isVisible()
    assert page.prompt.resume_button.isHidden()
    parts.inference.end()
    seed = asked.lanes[0].sampling.seed
    assert page.columns[0].summary.text().endswith(f"seed\u00a0{seed}")
    assert page.columns[0].sampling.seed is None


def test_what_a_stop_text_cut_is_not_shown(page: LanesPage, parts: Parts) -> None:
    run(page)
    parts.inference.write(0, "Yes", " END")
    parts.inference.end_lane(0, "Yes E")
    assert texts(page)[0] == "Yes E"


def test_other_settings_are_marked_until_they_are_run(page: LanesPage, parts: Parts) -> None:
    run(page)
    for lane in (0, 1):
        parts.inference.end_lane(lane, "")
    parts.inference.end()
    column = page.columns[1]
    column.settings_button.click()
    column.settings.fields["top_k"].widget.setValue(7)  # type: ignore[attr-defined]
    column.settings.seed.setText("9")
    column.settings.seed.editingFinished.emit()
    assert [each.state.text() for each in page.columns] == ["Ended by the model", "Changed, not run yet"]
    assert "top\u2011k\u00a07" in column.summary.text()
    column.settings.seed.setText("-1")
    column.settings.seed.editingFinished.emit()
    assert column.settings._problem.isVisible()
    assert column.sampling.seed == 9
    page.prompt.run_button.click()
    assert not column.settings_button.isChecked()
    assert column.state.text() == "Writing"
    assert parts.inference.asked[-1].lanes[1].sampling == replace(column.sampling, max_tokens=128)
    assert len(parts.inference.asked) == 2


def test_a_lane_is_stopped_alone_or_with_all_and_gone_on_with(page: LanesPage, parts: Parts) -> None:
    run(page)
    parts.inference.write(0, "A", " day")
    page.columns[0].stop_button.click()
    assert parts.inference.cancelled == [(1, 0)]
    parts.inference.end_lane(0, "A day", STOPPED)
    assert page.columns[0].state.text() == "Stopped"
    assert page.columns[0].stop_button.isHidden()
    assert page.prompt.resume_button.isHidden()  # the other one is still written
    QTest.keyClick(page.prompt.box, Qt.Key.Key_Escape)
    assert parts.inference.cancelled[-1] == (1, None)
    parts.inference.end_lane(1, "", STOPPED)
    parts.inference.end()
    assert page.prompt.resume_button.isVisible()
    QTest.keyClick(page, Qt.Key.Key_R, CONTROL)
    asked = parts.inference.asked[-1]
    assert [(lane.number, lane.before) for lane in asked.lanes] == [(0, (100, 101)), (1, ())]
    parts.inference.write(0, " ago", first=2)
    assert texts(page)[0] == "A day ago"
    parts.inference.status.path = "/another.gguf"
    parts.inference.end_lane(0, "A day ago", STOPPED)
    parts.inference.end_lane(1, "", STOPPED)
    parts.inference.end()
    assert page.prompt.resume_button.isHidden()  # another model can't go on with these tokens


def test_trouble_is_said_where_it_is(page: LanesPage, parts: Parts) -> None:
    run(page)
    parts.inference.write(1, "One")
    parts.inference.fail_lane(0, error(DECODE_FAILED, reason="scripted").info)
    assert "scripted" in page.columns[0].state.text()
    told = [page.error]
    parts.inference.fail(error(NO_MODEL_LOADED).info)
    assert page.columns[1].state.text().startswith("Interrupted: ")
    told.append(page.error)
    assert texts(page)[1] == "One"
    page.prompt.resume_button.click()
    told.append(page.error)
    parts.inference.fail(error(CANCELLED).info)
    assert [column.state.text() for column in page.columns] == ["Stopped", "Stopped"]
    assert [*told, page.error] == [None, error(NO_MODEL_LOADED).info, None, None]
    run(page, "half a \ud800")
    assert page.error is not None
    assert len(parts.inference.asked) == 2


def test_a_reply_goes_first(page: LanesPage, parts: Parts) -> None:
    parts.replies.writing = object()
    run(page)
    assert "reply" in page.note.text()
    assert page.columns[0].state.text() == "Waits for its turn"
    parts.replies.writing = None
    parts.replies.queue_changed.emit()
    assert page.columns[0].state.text() == "Writing"


def test_a_lane_that_is_added_is_written_alone(page: LanesPage, parts: Parts) -> None:
    run(page)
    for lane in (0, 1):
        parts.inference.write(lane, "A")
        parts.inference.end_lane(lane, "A")
    parts.inference.end()
    QTest.keyClick(page, Qt.Key.Key_L, CONTROL)
    asked = parts.inference.asked[-1]
    assert [lane.number for lane in asked.lanes] == [2]
    assert asked.probs == PROBS
    parts.inference.write(2, "B")
    page.columns[0].duplicate_button.click()  # it waits for the batch, at the end of the row
    assert states(parts)[3] is LaneState.WAITING
    parts.inference.end_lane(2, "B")
    parts.inference.end()
    parts.inference.write(3, "C")
    assert texts(page) == ["A", "A", "B", "C"]
    page.prompt.box.setPlainText("Another")
    page.add_button.click()
    assert len(parts.inference.asked) == 3  # of another prompt: it waits for Run
    assert page.columns[4].lane is None
    while page.add_button.isEnabled():
        page.add_button.click()
    assert len(page.columns) == MOST_LANES
    assert str(MOST_LANES) in page.add_button.toolTip()
    assert not page.columns[0].duplicate_button.isEnabled()


def test_before_a_run_a_duplicate_stands_beside_its_like(page: LanesPage) -> None:
    page.columns[0].duplicate_button.click()
    assert [column.sampling.temperature for column in page.columns] == [0.8, 0.8, 1.2]
    for _ in range(2):
        page.columns[0].remove_button.click()
    assert [column.sampling.temperature for column in page.columns] == [1.2]
    assert not page.columns[0].remove_button.isEnabled()
    assert page.columns[0].accessibleName() == "Lane 1"


def test_a_lane_taken_out_while_it_is_written_is_ended_first(page: LanesPage, parts: Parts) -> None:
    run(page)
    parts.inference.write(0, "A")
    parts.inference.write(1, "B")
    page.columns[0].remove_button.click()
    assert parts.inference.cancelled == [(1, 0)]
    parts.inference.write(0, "late")
    parts.inference.write(1, " more", first=1)
    parts.inference.end_lane(0, "A", STOPPED)
    assert texts(page) == ["B more"]
    page.add_button.click()
    parts.inference.end_lane(1, "B more")
    parts.inference.end()
    parts.inference.write(2, "new")
    assert texts(page) == ["B more", "new"]
    parts.inference.end_lane(2, "new")
    parts.inference.end()
    (kept,) = parts.store.kept.values()
    assert [lane.text for lane in kept.lanes] == ["B more", "new"]
    assert page.prompt.run_button.isVisible()


def test_presets_take_the_place_of_the_lanes(page: LanesPage, parts: Parts) -> None:
    page._ladder.trigger()
    assert [column.sampling.temperature for column in page.columns] == [0.0, 0.4, 0.8, 1.2, 1.5]
    assert len({column.sampling.seed for column in page.columns}) == 1
    page._seeds[2][1].trigger()
    assert [column.sampling.seed for column in page.columns] == list(range(1, 9))
    assert {column.sampling.temperature for column in page.columns} == {0.0}
    page._duel.trigger()
    cuts = [(each.sampling.top_k, each.sampling.top_p, each.sampling.min_p) for each in page.columns]
    assert cuts == [(40, 1.0, 0.0), (0, 0.9, 0.0), (0, 1.0, 0.1), (0, 1.0, 0.0)]
    run(page)
    assert len(parts.inference.asked[0].lanes) == 4
    page._ladder.trigger()
    assert len(page.columns) == 4


def test_chat_with_a_system_prompt_or_plain_text(page: LanesPage, parts: Parts) -> None:
    page.prompt.system_button.click()
    page.prompt.system.setPlainText("Be brief")
    run(page)
    assert [message.text for message in parts.inference.asked[0].prompt.messages] == ["Be brief", "Once"]  # type: ignore[union-attr]
    page.prompt.stop_button.click()
    for lane in (0, 1):
        parts.inference.end_lane(lane, "", STOPPED)
    parts.inference.end()
    page.prompt.mode.setCurrentIndex(1)
    assert page.prompt.system.isHidden()
    assert page.prompt.prompt == ComparedPrompt(text="Once", raw=True)
    page.prompt.run_button.click()
    assert parts.inference.asked[1].prompt.text == "Once"  # type: ignore[union-attr]


def test_one_from_the_disk_is_shown_as_it_was(page: LanesPage, parts: Parts) -> None:
    tokens = tuple(
        Token(lane=0, index=at, id=at, text=text, data=b"", record=token_record()) for at, text in enumerate("ab")
    )
    own = SamplingSettings(temperature=0.1, seed=3, max_tokens=9)
    lanes = (
        LaneResult(sampling=own, state=LaneState.ENDED, tokens=tokens, text="ab", finish_reason=FinishReason.LENGTH),
        LaneResult(sampling=own, state=LaneState.INTERRUPTED, tokens=tokens, text="ab"),
        LaneResult(sampling=own, state=LaneState.ENDED, tokens=tokens, text="ab", finish_reason=FinishReason.STOP),
    )
    prompt = ComparedPrompt(text="Then", system="Be kind")
    parts.service.open("id", Comparison(prompt=prompt, model="/model.gguf", lanes=lanes))
    assert texts(page) == ["ab", "ab", "ab"]
    assert page.prompt.prompt == prompt
    assert page.prompt.max_tokens == 9
    assert [column.state.text() for column in page.columns][1].startswith("Interrupted")
    assert page.columns[0].state.text() == "Length limit reached"  # it is as it was run
    assert page.prompt.resume_button.isVisible()
    page.add_button.click()
    assert len(parts.inference.asked[0].lanes) == 1 + 0  # the interrupted one is left as it is


def test_settings_of_the_app_are_followed(page: LanesPage, parts: Parts) -> None:
    settings = parts.preferences.settings
    chat = replace(settings.chat, send_key="ctrl_enter", token_marks="lines")
    parts.preferences.use(replace(settings, chat=chat))
    assert page.underlines.isChecked()
    page.prompt.box.setPlainText("Once")
    QTest.keyClick(page.prompt.box, Qt.Key.Key_Return)
    assert parts.inference.asked == []
    QTest.keyClick(page.prompt.box, Qt.Key.Key_Return, CONTROL)
    assert len(parts.inference.asked) == 1
    assert QApplication.focusWidget() is page.prompt.box


def test_escape_stops_wherever_the_keyboard_is(page: LanesPage, parts: Parts) -> None:
    run(page)
    parts.inference.write(0, "A")
    parts.inference.write(1, "B")
    page.columns[1].settings_button.click()
    spin = page.columns[1].settings.fields["top_k"].widget
    QApplication.processEvents()
    for count, widget in enumerate((page.columns[0].heat, spin, page.columns[0].remove_button, page.prompt.mode), 1):
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_Escape)
        assert parts.inference.cancelled == [(1, None)] * count
