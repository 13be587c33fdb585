"""Text coloured by its tokens: the colours, the marks, walking and choosing, and long replies."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QMouseEvent, QTextCharFormat, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from chatapp.ui.panels.probabilities.heat_text import HeatText, HeatToken
from chatapp.ui.panels.probabilities.measure import LEVELS, Measure, letters_on, level, ramp
from chatapp.ui.theme import Theme
from tests.builders import token_record

PS = (1.0, 0.5, 0.01, 0.1, 0.2, 0.3, 1e-6)
TOKENS = tuple(
    HeatToken(place, text, token_record(p, entropy=place / 2, rank=place * 10))
    for place, (text, p) in enumerate(zip(("The", " 😀", "", "", "天", " <b>\n", "end"), PS, strict=True))
)
HOME, END, LEFT, RIGHT = Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Left, Qt.Key.Key_Right


def shown(theme: Theme, qtbot: QtBot, tokens: Sequence[HeatToken] = TOKENS) -> HeatText:
    text = HeatText(theme)
    qtbot.addWidget(text)
    text.resize(400, 100)
    text.set_tokens(tokens)
    text.show()
    qtbot.waitExposed(text)
    return text


@pytest.fixture
def heat(light: Theme, qtbot: QtBot) -> HeatText:
    return shown(light, qtbot)


def format_of(heat: HeatText, place: int) -> QTextCharFormat:
    """Of the first character of that token."""
    cursor = QTextCursor(heat.document())
    cursor.setPosition(heat._starts[place] + 1)
    return cursor.charFormat()


def color_of(heat: HeatText, place: int) -> QColor:
    return format_of(heat, place).background().color()


@pytest.mark.parametrize("measure", list(Measure))
def test_every_token_has_the_colour_of_its_measure(heat: HeatText, measure: Measure) -> None:
    heat.show_as(measure, underlines=False)
    for place, token in enumerate(TOKENS):
        if token.text.strip():
            assert token.record is not None
            color = ramp(level(measure, token.record) / (LEVELS - 1))
            assert color_of(heat, place) == color
            assert format_of(heat, place).foreground().color() == letters_on(color)


def test_tokens_that_come_later_are_coloured_too(heat: HeatText) -> None:
    heat.show_as(Measure.RANK, underlines=False)
    heat.append_tokens([HeatToken(9, " new", token_record(0.9, rank=5000)), HeatToken(10, " one", token_record(0.9))])
    assert color_of(heat, len(TOKENS)) == ramp(1.0)
    assert color_of(heat, len(TOKENS) + 1) == ramp(0.0)
    assert heat.text() == "The 😀天 <b>\nend new one"


def test_lines_in_place_of_colours(heat: HeatText, light: Theme) -> None:
    heat.show_as(Measure.PROBABILITY, underlines=True)
    styles = [format_of(heat, place).underlineStyle() for place in (0, 1, 5, 6)]
    assert styles == [
        QTextCharFormat.UnderlineStyle.NoUnderline,
        QTextCharFormat.UnderlineStyle.DotLine,
        QTextCharFormat.UnderlineStyle.DashUnderline,
        QTextCharFormat.UnderlineStyle.SingleUnderline,
    ]
    assert format_of(heat, 6).background().style() == Qt.BrushStyle.NoBrush
    light.apply("dark", 100)
    assert format_of(heat, 6).foreground().color() == QColor(light.colors.text)
    heat.show_as(Measure.PROBABILITY, underlines=False)
    assert format_of(heat, 6).underlineStyle() == QTextCharFormat.UnderlineStyle.NoUnderline
    assert color_of(heat, 0) == ramp(0.0)


def test_what_has_no_record_is_grey(light: Theme, qtbot: QtBot) -> None:
    heat = shown(light, qtbot, [HeatToken(-1, "before", None), TOKENS[0]])
    assert format_of(heat, 0).foreground().color() == QColor(light.colors.muted)
    assert format_of(heat, 0).background().style() == Qt.BrushStyle.NoBrush
    heat.choose(0)
    assert heat.accessibleDescription() == "before"


def test_all_tokens_are_walked_by_keys(heat: HeatText, qtbot: QtBot) -> None:
    seen: list[int] = []
    heat.token_chosen.connect(seen.append)
    for _ in range(len(TOKENS) + 2):
        QTest.keyClick(heat, RIGHT)
    assert seen == list(range(len(TOKENS)))
    QTest.keyClick(heat, HOME)
    QTest.keyClick(heat, LEFT)
    assert heat.chosen == 0
    QTest.keyClick(heat, END)
    assert heat.chosen == len(TOKENS) - 1
    assert heat.accessibleDescription() == "'end': 1.0e-04 %"
    with qtbot.waitSignal(heat.details_requested, timeout=1000):
        QTest.keyClick(heat, Qt.Key.Key_Return)


def test_from_nowhere_left_begins_at_the_end(heat: HeatText, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(heat.details_requested):
        QTest.keyClick(heat, Qt.Key.Key_Return)  # none is chosen
    QTest.keyClick(heat, LEFT)
    assert heat.chosen == len(TOKENS) - 1


def test_a_click_chooses_the_token_below_it_and_never_half_a_character(heat: HeatText) -> None:
    for place, token in enumerate(TOKENS):
        if token.text.strip():
            for rect in heat._rects_of(place, place, QRectF(heat.rect())):
                QTest.mousePress(heat.viewport(), Qt.MouseButton.LeftButton, pos=rect.center().toPoint())
                assert heat.chosen == place
    assert heat.token_at(QPoint(390, 90)) is None


def test_a_token_inside_a_character_is_marked_where_the_character_is(heat: HeatText) -> None:
    everything = QRectF(heat.rect())
    inside, character = heat._rects_of(2, 2, everything), heat._rects_of(4, 4, everything)
    assert [rect.left() for rect in inside] == [rect.left() for rect in character]
    assert inside[0].width() > 0
    accent = QColor(heat._theme.colors.accent)
    for place in (2, 6):
        heat.choose(place)
        corner = heat._rects_of(place, place, everything)[0].topLeft().toPoint()
        assert heat.viewport().grab().toImage().pixelColor(corner * heat.devicePixelRatio()) == accent
    heat.choose(5)  # it ends with a line break
    heat.choose(None)
    assert heat.chosen is None


def test_a_range_has_a_line_below(heat: HeatText) -> None:
    def lined(place: int) -> bool:
        picture = heat.viewport().grab().toImage()
        rect = heat._rects_of(place, place, QRectF(heat.rect()))[0]
        spot = QPoint(round(rect.center().x()), round(rect.bottom()) - 1) * heat.devicePixelRatio()
        return picture.pixelColor(spot) == QColor(heat._theme.colors.accent)

    assert not lined(1)
    heat.mark_range((1, 4))
    assert [lined(place) for place in (0, 1, 4, 6)] == [False, True, True, False]
    heat.mark_range((0, len(TOKENS) - 1))
    assert lined(6)
    heat.mark_range(None)
    assert not lined(1)
    heat.mark_range((1, 4))
    heat.set_tokens(TOKENS)  # another reply
    assert not lined(1)


def long_reply(rng: random.Random, count: int) -> list[HeatToken]:
    """One paragraph with sentences."""
    words = (" the", " river.", " 天空", "。", " of", "ing", " 😀")
    return [
        HeatToken(place, rng.choice(words), token_record(rng.choice(PS), rank=rng.randrange(100)))
        for place in range(count)
    ]


def test_a_reply_of_4000_tokens_is_right_at_both_ends(light: Theme, qtbot: QtBot, rng: random.Random) -> None:
    tokens = long_reply(rng, 4000)
    heat = shown(light, qtbot, tokens[:100])
    for at in range(100, 4000, 100):
        heat.append_tokens(tokens[at : at + 100])
    for place in (0, 1, 1999, 3998, 3999):
        record = tokens[place].record
        assert record is not None
        assert color_of(heat, place) == ramp(level(Measure.PROBABILITY, record) / (LEVELS - 1))
        heat.choose(place)
        assert heat.chosen == place
        (rect,) = heat._rects_of(place, place, QRectF(0, 0, 400, 1e6))
        assert heat.token_at(rect.center().toPoint()) == place
    heat.show_as(Measure.RANK, underlines=False)
    last = tokens[-1].record
    assert last is not None
    assert color_of(heat, 3999) == ramp(level(Measure.RANK, last) / (LEVELS - 1))
    QTest.keyClick(heat, HOME)
    assert heat.chosen == 0


def test_long_paragraphs_are_divided_and_nobody_who_copies_sees_it(
    light: Theme, qtbot: QtBot, rng: random.Random
) -> None:
    tokens = long_reply(rng, 3000)
    text = "".join(token.text for token in tokens)
    heat = shown(light, qtbot, tokens)
    longest = max(heat.document().findBlockByNumber(n).length() for n in range(heat.document().blockCount()))
    assert longest < len(text) / 5
    assert heat.text() == text
    heat.selectAll()
    heat.copy()
    assert QGuiApplication.clipboard().text() == text
    assert not QGuiApplication.clipboard().mimeData().hasHtml()
    first, last = sorted(rng.sample(range(3000), 2))
    cursor = heat.textCursor()
    cursor.setPosition(heat._starts[first])
    cursor.setPosition(heat._end_of(last), QTextCursor.MoveMode.KeepAnchor)
    heat.setTextCursor(cursor)
    heat.copy()
    assert QGuiApplication.clipboard().text() == "".join(token.text for token in tokens[first : last + 1])


def test_what_is_copied_does_not_crash_the_end_of_the_program() -> None:
    lines = (
        "from PySide6.QtWidgets import QApplication",
        "from chatapp.ui.panels.probabilities.heat_text import HeatText, HeatToken",
        "from chatapp.ui.theme import Theme",
        "application = QApplication([])",
        "text = HeatText(Theme(application))",
        "text.set_tokens([HeatToken(1, 'words', None)])",
        "text.selectAll()",
        "text.copy()",
        "assert application.clipboard().text() == 'words'",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_text_without_sentences_or_words_is_divided_too(light: Theme, qtbot: QtBot) -> None:
    heat = shown(light, qtbot, [HeatToken(1, "ab", token_record())] * 2000)
    assert heat.document().blockCount() > 2
    heat.selectAll()
    heat.copy()
    assert QGuiApplication.clipboard().text() == "ab" * 2000


def test_paragraphs_of_the_text_itself_stay_as_they_are(light: Theme, qtbot: QtBot) -> None:
    record = token_record()
    tokens = [HeatToken(1, "\n\n" if place % 50 == 49 else " word.", record) for place in range(500)]
    heat = shown(light, qtbot, tokens)
    assert heat.document().toPlainText() == "".join(token.text for token in tokens)


def test_it_tells_of_the_token_below_the_mouse_once(heat: HeatText, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QToolTip, "showText", lambda *_: None)
    seen: list[object] = []
    heat.token_hovered.connect(seen.append)
    for shift in (4, 5):
        event = QMouseEvent(
            QMouseEvent.Type.MouseMove,
            QPointF(heat.rect_of(0).center() + QPoint(shift, 0)),
            QPointF(),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
        )
        heat.mouseMoveEvent(event)
    heat.leaveEvent(QEvent(QEvent.Type.Leave))
    assert seen == [0, None]


def test_the_token_at_a_height_begins_its_line(light: Theme, qtbot: QtBot) -> None:
    tokens = [HeatToken(at, text, None) for at, text in enumerate(("one", " two\n", "\n", "three", " four"))]
    heat = shown(light, qtbot, tokens)
    heights = [heat.rect_of(place).center().y() for place in (0, 3)]
    assert [heat.place_at_height(y) for y in (0, *heights, 10_000)] == [0, 0, 3, 3]
    heat.set_tokens(())
    assert heat.place_at_height(0) is None
