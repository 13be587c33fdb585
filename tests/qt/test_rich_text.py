"""Replies as rich text: what a person sees of Markdown, code, formulas and thoughts, also while they grow."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QPainter,
    QTextCursor,
    QTextDocument,
    QTextImageFormat,
    QTextTable,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.ui.widgets.code_view import CodeView
from chatapp.ui.widgets.formulas import Picture, beside_text
from chatapp.ui.widgets.idle import Idle
from chatapp.ui.widgets.markdown_view import MarkdownView
from chatapp.ui.widgets.rich_text import FormulaView, RichText
from chatapp.ui.widgets.thought_view import ThoughtView

TEXT = """<think>
Hm, two words.
</think>

# Title

Some **bold** text with `code` and $e^{i\\pi}$.

| a | b |
|---|--:|
| c | 1 |

1. one
2. two

```python
def f():
    '''two
    lines'''
```

$$
\\frac{1}{2}
$$

> quoted
"""


@pytest.fixture
def page(qtbot: QtBot) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.resize(600, 800)
    qtbot.addWidget(area)
    return area


@pytest.fixture
def rich(app: App, page: QScrollArea) -> RichText:
    text = RichText(app.context.typesetting)
    page.setWidget(text)
    page.show()
    return text


def kinds(rich: RichText) -> list[type]:
    return [type(widget) for widget in rich.widgets()]


def prose(rich: RichText) -> str:
    return "\n".join(view.document().toPlainText() for view in rich.widgets() if isinstance(view, MarkdownView))


def test_every_kind_of_piece_has_its_view(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text(TEXT)
    qtbot.waitUntil(rich._is_whole)
    assert kinds(rich) == [
        ThoughtView, MarkdownView, MarkdownView, MarkdownView, CodeView, FormulaView, MarkdownView
    ]  # fmt: skip
    assert rich.text() == TEXT
    table_view = rich.widgets()[2]
    assert isinstance(table_view, MarkdownView)
    (table,) = [f for f in table_view.document().rootFrame().childFrames() if isinstance(f, QTextTable)]
    assert (table.rows(), table.columns()) == (2, 2)


def test_growing_shows_the_same_as_the_whole(rich: RichText, app: App, qtbot: QtBot, rng: random.Random) -> None:
    grown = RichText(app.context.typesetting)
    qtbot.addWidget(grown)
    at = 0
    while at < len(TEXT):
        step = rng.randrange(1, 9)
        grown.append_text(TEXT[at : at + step])
        at += step
    rich.set_text(TEXT)
    qtbot.waitUntil(lambda: rich._is_whole() and grown._is_whole())
    assert grown.text() == TEXT
    assert kinds(grown) == kinds(rich)
    qtbot.waitUntil(lambda: prose(grown) == prose(rich))  # formulas come when they are drawn


def test_only_the_last_piece_is_rendered_again(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text("first\n\n```\ncode\n```\n\nlast")
    qtbot.waitUntil(rich._is_whole)
    before = rich.widgets()
    first = before[0]
    assert isinstance(first, MarkdownView)
    document = first.document()
    rich.append_text(" words")
    assert rich.widgets() == before
    assert first.document() is document
    assert prose(rich) == "first\nlast words"


def test_html_is_text(rich: RichText) -> None:
    rich.set_text("a <b>bold</b> <img src=x> word")
    assert prose(rich) == "a <b>bold</b> <img src=x> word"


def test_code_is_coloured_copied_and_not_wrapped(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text("```python\ndef f():\n    '''two\n    lines'''\n```")
    (code,) = rich.widgets()
    assert isinstance(code, CodeView)

    def colour_at(place: int) -> QColor | None:
        block = code.body.document().findBlock(place)
        formats = block.layout().formats()
        found = [f for f in formats if f.start <= place - block.position() < f.start + f.length]
        return found[-1].format.foreground().color() if found else None

    inside_string = code.code().index("lines")
    qtbot.waitUntil(lambda: colour_at(inside_string) is not None, timeout=5000)
    qtbot.waitUntil(lambda: colour_at(0) not in (None, colour_at(inside_string)), timeout=5000)
    code.copy.click()
    assert QGuiApplication.clipboard().text() == "def f():\n    '''two\n    lines'''"
    code.set_code("x" * 500, "", closed=True)
    assert code.body.document().blockCount() == 1
    assert code.body.document().firstBlock().layout().lineCount() == 1


@pytest.mark.parametrize("language", ["nosuchlanguage", "<img src=x>", ""])
def test_code_in_an_unknown_language_is_shown_plainly(rich: RichText, language: str) -> None:
    rich.set_text(f"```{language}\nx = 1\n```")
    (code,) = rich.widgets()
    assert isinstance(code, CodeView)
    QTest.qWait(100)
    assert code.code() == "x = 1"


def test_thoughts_are_folded_until_asked_for(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text("<think>one two")
    (thought,) = rich.widgets()
    assert isinstance(thought, ThoughtView)
    assert "2" in thought.toggle.text()
    assert not thought.findChildren(RichText)
    thought.toggle.click()
    rich.append_text(" **three**</think>\n\nAnswer")
    qtbot.waitUntil(lambda: rich._is_whole() and thought.body is not None and thought.body.isVisible())
    assert thought.body is not None
    assert prose(thought.body) == "one two three"
    assert prose(rich) == "Answer"
    thought.toggle.click()
    assert not thought.body.isVisible()


def test_words_of_a_growing_thought_are_counted_as_in_the_whole(rich: RichText, rng: random.Random) -> None:
    text = "".join(rng.choices(["wo", "rd ", "  ", "\n", "文 ", "\u2003"], k=300))
    rich.set_text("<think>x")
    (thought,) = rich.widgets()
    assert isinstance(thought, ThoughtView)
    for at in range(len(text)):
        rich.append_text(text[at])
        whole = f"x{text[: at + 1]}".strip("\n")
        assert thought.toggle.text() == f"Thinking… ({len(whole.split())} words)"


def test_a_very_long_thought_is_shown_step_by_step(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text("<think>" + "word " * 50_000)
    (thought,) = rich.widgets()
    assert isinstance(thought, ThoughtView)
    thought.toggle.click()
    assert thought.body is not None
    assert len(thought.body.widgets()) < 60
    qtbot.waitUntil(lambda: thought.body is not None and len(thought.body.widgets()) == 60)


def test_formulas_become_pictures_and_bad_ones_stay_as_written(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text("so $\\frac{a}{b}$ is\n\n$$\nx^2\n$$\n\nbut $\\frac{$ is not")
    qtbot.waitUntil(rich._is_whole)
    inline, display, bad = rich.widgets()
    assert isinstance(inline, MarkdownView)
    assert isinstance(display, FormulaView)
    assert isinstance(bad, MarkdownView)
    qtbot.waitUntil(lambda: "\ufffc" in inline.document().toPlainText(), timeout=10_000)
    qtbot.waitUntil(lambda: not display.pixmap().isNull(), timeout=10_000)
    QTest.qWait(100)
    assert bad.document().toPlainText() == "but \\frac{ is not"


def test_text_follows_the_theme_and_the_zoom(rich: RichText, app: App) -> None:
    rich.set_text("# A\n\n[link](https://example.org) `code`")
    (view,) = rich.widgets()
    assert isinstance(view, MarkdownView)

    def size() -> float:
        cursor = QTextCursor(view.document())
        cursor.movePosition(QTextCursor.MoveOperation.Right)
        return cursor.charFormat().fontPointSize()

    small, light = size(), view.toHtml()
    app.context.preferences.set_option("appearance", "zoom", 150)
    app.context.preferences.set_option("appearance", "theme", "dark")
    assert size() > small * 1.4
    assert view.toHtml() != light
    app.context.preferences.reset()


def test_links_are_reached_by_keyboard(rich: RichText) -> None:
    rich.set_text("a [link](https://example.org) here")
    (view,) = rich.widgets()
    assert isinstance(view, MarkdownView)
    chosen: list[str] = []
    rich.link_chosen.connect(chosen.append)
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Tab)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert chosen == ["https://example.org"]


def test_pieces_that_take_long_are_left_for_later_and_nothing_is_lost(rich: RichText, qtbot: QtBot) -> None:
    text = "".join(f"{number} `a` `b`\n\n" for number in range(3000))
    rich.set_text(text)
    assert 0 < len(rich.widgets()) < 30
    qtbot.waitUntil(rich._more.isVisible, timeout=20_000)
    assert len(rich._shown) == 60
    while rich._more.isVisible():
        rich._more.click()
        qtbot.waitUntil(lambda: rich._is_whole() or (rich._is_done() and rich._more.isVisible()), timeout=20_000)
    assert "".join(text[piece.segment.start : piece.segment.end] for piece in rich._shown) == text
    assert [line.split()[0] for line in prose(rich).split("\n") if line] == [str(number) for number in range(3000)]


def test_much_text_at_once_while_it_grows_is_all_shown(rich: RichText, qtbot: QtBot) -> None:
    rich.append_text("start\n\n")
    rich.append_text("word " * 20_000)
    assert not rich._is_whole()
    rich.append_text("\n\nend")
    qtbot.waitUntil(rich._is_whole, timeout=20_000)
    assert prose(rich).split()[-2:] == ["word", "end"]
    assert prose(rich).count("word") == 20_000


def test_long_code_is_coloured_to_its_end_whoever_else_has_work(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text("```python\n" + "x = 'a'\n" * 600 + "```\n\n" + "```\ny\n```\n" * 20)
    qtbot.waitUntil(rich._is_whole, timeout=20_000)
    code = rich.widgets()[0]
    assert isinstance(code, CodeView)
    last = code.body.document().lastBlock().layout()
    qtbot.waitUntil(lambda: len(last.formats()) >= 2, timeout=20_000)
    assert code.code() == "\n".join(["x = 'a'"] * 600)


def test_long_lines_of_code_are_shown_from_their_beginning(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text("```\n" + "a very long line " * 40)
    rich.append_text("that still grows " * 10)
    (code,) = rich.widgets()
    assert isinstance(code, CodeView)
    bar = code.body.horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    code.body.setFocus()
    code.body.ensureCursorVisible()
    assert bar.value() == 0
    assert not code.body.textCursor().hasSelection()


def test_the_head_of_a_table_is_aligned_as_its_column(rich: RichText) -> None:
    rich.set_text("| a | b | c |\n|---|:-:|--:|\n| d | e | f |")
    (view,) = rich.widgets()
    assert isinstance(view, MarkdownView)
    (table,) = [f for f in view.document().rootFrame().childFrames() if isinstance(f, QTextTable)]
    found = [table.cellAt(0, column).firstCursorPosition().blockFormat().alignment() for column in range(3)]
    wanted = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
    assert [bool(flags & flag) for flags, flag in zip(found, wanted, strict=True)] == [True] * 3


def test_what_is_selected_stays_so_while_code_grows(rich: RichText) -> None:
    rich.set_text("```\nfirst line\n")
    (code,) = rich.widgets()
    assert isinstance(code, CodeView)
    code.body.selectAll()
    rich.append_text("second line\n")
    assert code.body.textCursor().selectedText() == "first line"


def test_growing_code_is_coloured_line_by_line(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text("```python\nreturn 1\nret")
    (code,) = rich.widgets()
    assert isinstance(code, CodeView)
    first, last = code.body.document().firstBlock(), code.body.document().lastBlock()
    qtbot.waitUntil(lambda: bool(first.layout().formats()), timeout=10_000)
    assert not last.layout().formats()
    rich.append_text("urn 2")
    qtbot.waitUntil(lambda: bool(last.layout().formats()), timeout=10_000)


def test_quotes_are_muted_beside_a_bar_of_each_level(rich: RichText, app: App) -> None:
    rich.set_text("before\n\n> one\n>\n> > two\n>\n> - three\n\nafter")
    (view,) = rich.widgets()
    assert isinstance(view, MarkdownView)
    colors = app.context.theme.colors
    document, border = view.document(), QColor(colors.border).name()
    picture = view.grab().toImage()

    def bars(word: str) -> int:
        block = document.find(word).block()
        y = round(document.documentLayout().blockBoundingRect(block).center().y())
        return [picture.pixelColor(x, y).name() == border for x in (1, 17)].count(True)

    assert [bars(word) for word in ("before", "one", "two", "three", "after")] == [0, 1, 2, 1, 0]
    for word, color in (("one", colors.muted), ("two", colors.muted)):
        assert document.find(word).charFormat().foreground().color() == QColor(color)
    assert document.find("before").charFormat().foreground().style() is Qt.BrushStyle.NoBrush


@pytest.mark.parametrize(("above", "below"), [(7, 0), (9, 2.5), (11, 3), (14, 9), (8, 12), (30, 26)])
def test_a_formula_stands_on_the_line_of_the_letters(qapp: object, above: float, below: float) -> None:
    document = QTextDocument()
    image = QImage(20, round(2 * (above + below)), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(2)
    image.fill(Qt.GlobalColor.red)
    image, alignment = beside_text(Picture(image, below), QFontMetricsF(document.defaultFont()))
    document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl("f"), image)
    format_ = QTextImageFormat()
    format_.setName("f")
    format_.setWidth(10)
    format_.setHeight(image.deviceIndependentSize().height())
    format_.setVerticalAlignment(alignment)
    QTextCursor(document).insertImage(format_)
    painted = QImage(document.size().toSize(), QImage.Format.Format_RGB32)
    painted.fill(Qt.GlobalColor.white)
    painter = QPainter(painted)
    document.drawContents(painter)
    painter.end()
    block = document.firstBlock()
    line = document.documentLayout().blockBoundingRect(block).top() + block.layout().lineAt(0).ascent()
    red = [y for y in range(painted.height()) if painted.pixelColor(9, y).green() < 128]
    assert line - red[0] == pytest.approx(above, abs=1)
    assert red[-1] + 1 - line == pytest.approx(below, abs=1)


class Worker(QObject):
    def __init__(self, steps: int, log: list[str], name: str) -> None:
        super().__init__()
        self.steps, self.log, self.name = steps, log, name

    def step(self) -> bool:
        self.log.append(self.name)
        self.steps -= 1
        return self.steps > 0


def test_idle_work_takes_turns_and_ends_with_its_object(qtbot: QtBot) -> None:
    idle, log = Idle(), list[str]()
    one, two, gone = Worker(3, log, "one"), Worker(2, log, "two"), Worker(9, log, "gone")
    for worker in (one, two, gone, one):
        idle.do(worker.step)
    gone.deleteLater()
    QGuiApplication.sendPostedEvents(gone)
    qtbot.waitUntil(lambda: not idle._timer.isActive())
    assert log == ["one", "two", "one", "two", "one"]
    idle.do(two.step)
    qtbot.waitUntil(lambda: log[-1] == "two")


def test_idle_work_lets_others_have_their_turn(qtbot: QtBot) -> None:
    idle = Idle()
    turns, log = list[int](), list[str]()
    endless = Worker(10**9, log, "endless")
    idle.do(endless.step)
    for _ in range(3):
        QGuiApplication.processEvents()
        turns.append(len(log))
    assert 0 < turns[0] < turns[1] < turns[2]
    endless.steps = 0
