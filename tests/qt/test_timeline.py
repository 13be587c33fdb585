"""The course of a reply: clicked, brushed, walked by keys, told to those who do not see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QToolTip
from pytestqt.qtbot import QtBot

from chatapp.ui.panels.probabilities.heat_text import HeatToken
from chatapp.ui.panels.probabilities.pictures import Picture
from chatapp.ui.panels.probabilities.timeline import Timeline
from chatapp.ui.theme import Theme
from tests.builders import token_record
from tests.qt.conftest import ChooseInMenu

COUNT, WIDE = 20, 401
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT, RIGHT, HOME, END = Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End


@pytest.fixture
def timeline(light: Theme, qtbot: QtBot) -> Timeline:
    """With a token per 20 pixels; each choice comes back to it, as it does in the panel."""
    made = Timeline(light)
    qtbot.addWidget(made)
    made.resize(WIDE, 80)
    made.set_tokens([HeatToken(n, f" w{n}", token_record(0.25 if n != 7 else 2**-12)) for n in range(COUNT)])
    made.place_chosen.connect(made.choose)
    made.show()
    qtbot.waitExposed(made)
    return made


def at(place: int) -> QPoint:
    return QPoint(place * 20 + 10, 40)


def drag(timeline: Timeline, first: int, last: int) -> None:
    QTest.mousePress(timeline, Qt.MouseButton.LeftButton, pos=at(first))
    QTest.mouseMove(timeline, at((first + last) // 2))
    QTest.mouseMove(timeline, at(last))
    QTest.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=at(last))


def test_a_click_chooses_the_token_there(timeline: Timeline, qtbot: QtBot) -> None:
    for place in (0, 7, COUNT - 1):
        with qtbot.waitSignal(timeline.place_chosen, timeout=1000) as told:
            QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=at(place))
        assert told.args == [place]
    assert timeline.brushed is None
    assert timeline.accessibleDescription() == f"␣w{COUNT - 1}  surprisal 2.00 bit, entropy 1.44 bit"


def test_dragging_brushes_a_range_in_either_direction(timeline: Timeline, qtbot: QtBot) -> None:
    for first, last in ((3, 9), (9, 3)):
        with qtbot.waitSignal(timeline.range_chosen, timeout=1000) as told:
            drag(timeline, first, last)
        assert told.args == [(3, 9)]
    picture = timeline.grab().toImage()
    soft, ratio = QColor(timeline._theme.colors.soft), timeline.devicePixelRatio()
    assert [picture.pixelColor((at(n) - QPoint(0, 33)) * ratio) == soft for n in (2, 3, 9, 10)] == [
        False, True, True, False,
    ]  # fmt: skip
    drag(timeline, 5, COUNT + 9)  # beyond the end
    assert timeline.brushed == (5, COUNT - 1)


def test_a_click_ends_the_range(timeline: Timeline, qtbot: QtBot) -> None:
    drag(timeline, 3, 9)
    with qtbot.waitSignal(timeline.range_chosen, timeout=1000) as told:
        QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=at(5))
    assert told.args == [None]
    assert timeline._chosen == 5


def test_esc_ends_the_range_and_is_left_to_others_where_there_is_none(timeline: Timeline, qtbot: QtBot) -> None:
    def is_wanted() -> bool:
        """Before the window's shortcut, which stops a reply."""
        asked = QKeyEvent(QKeyEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
        asked.ignore()
        QApplication.sendEvent(timeline, asked)
        return asked.isAccepted()

    told: list[object] = []
    timeline.range_chosen.connect(told.append)
    assert not is_wanted()
    QTest.keyClick(timeline, Qt.Key.Key_Escape)
    assert told == []
    drag(timeline, 3, 9)
    assert is_wanted()
    QTest.keyClick(timeline, Qt.Key.Key_Escape)
    assert told == [(3, 9), None]
    assert timeline.brushed is None


def test_keys_walk_the_tokens(timeline: Timeline) -> None:
    walked = []
    for key in (RIGHT, RIGHT, LEFT, LEFT, END, RIGHT, HOME):
        QTest.keyClick(timeline, key)
        walked.append(timeline._chosen)
    assert walked == [0, 1, 0, 0, COUNT - 1, COUNT - 1, 0]


def test_shift_and_keys_stretch_a_range_from_the_chosen_token(timeline: Timeline) -> None:
    timeline.choose(5)
    ranges = []
    for key in (RIGHT, RIGHT, LEFT, LEFT, LEFT, END, HOME):
        QTest.keyClick(timeline, key, SHIFT)
        ranges.append(timeline.brushed)
    assert ranges == [(5, 6), (5, 7), (5, 6), (5, 5), (4, 5), (5, COUNT - 1), (0, 5)]
    assert timeline._chosen == 5
    timeline.clear_range()
    timeline.choose(None)
    QTest.keyClick(timeline, LEFT, SHIFT)
    assert timeline.brushed == (COUNT - 1, COUNT - 1)


def test_what_is_below_the_mouse_is_told(timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda _at, text, _widget: told.append(text))
    QTest.mouseMove(timeline, at(7))
    assert "␣w7  surprisal 12.00 bit, entropy 1.44 bit" in told[-1]
    assert "drag over some" in told[-1]
    timeline.append_tokens([HeatToken(1, "<b>", None)])
    QTest.mouseMove(timeline, QPoint(WIDE - 3, 40))
    assert "&lt;b&gt;" in told[-1]
    count = len(told)
    drag(timeline, 2, 4)
    assert len(told) == count


def test_a_range_stays_while_the_reply_grows_and_goes_with_it(timeline: Timeline) -> None:
    drag(timeline, 3, 9)
    timeline.append_tokens([HeatToken(1, "x", token_record())] * 10)
    assert timeline.brushed == (3, 9)
    timeline.set_tokens([HeatToken(1, "x", token_record())])
    assert timeline.brushed is None
    assert timeline._chosen is None


def test_an_empty_one_does_nothing(light: Theme, qtbot: QtBot) -> None:
    empty = Timeline(light)
    qtbot.addWidget(empty)
    empty.resize(WIDE, 80)
    empty.show()
    with qtbot.assertNotEmitted(empty.place_chosen), qtbot.assertNotEmitted(empty.range_chosen):
        QTest.mousePress(empty, Qt.MouseButton.LeftButton, pos=at(3))
        QTest.mouseMove(empty, at(9))
        for key in (RIGHT, HOME, END):
            empty.keyPressEvent(_pressed(key))
    assert not empty.grab().isNull()


def _pressed(key: Qt.Key) -> QKeyEvent:
    return QKeyEvent(QKeyEvent.Type.KeyPress, key, SHIFT)


def test_more_tokens_than_pixels_show_their_peaks(timeline: Timeline) -> None:
    tokens = [HeatToken(n, "x", token_record(0.99, entropy=0.0)) for n in range(4000)]
    tokens[2501] = HeatToken(2501, "x", token_record(2**-10, entropy=0.0))
    timeline.set_tokens(tokens)
    picture, accent = timeline.grab().toImage(), QColor(timeline._theme.colors.accent)
    peaks = [x for x in range(2, picture.width() - 2) if picture.pixelColor(x, picture.height() // 2) == accent]
    assert peaks
    assert all(abs(x / picture.width() - 2501 / 4000) < 0.02 for x in peaks)


def test_its_picture_is_wide(
    timeline: Timeline, choose_in_menu: ChooseInMenu, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(tmp_path / "p"), "PNG (*.png)"))
    with qtbot.waitSignal(timeline.picture_made, timeout=3000) as made:
        choose_in_menu(timeline, "Save picture…")
    (picture,) = made.args or ()
    assert isinstance(picture, Picture)
    assert picture.path.endswith("p.png")
    assert QImage.fromData(picture.data).width() >= 2 * WIDE
