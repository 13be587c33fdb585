"""Replies as rich text: what a person sees of Markdown, code, formulas and thoughts, also while they grow."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QTextCursor, QTextTable
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.ui.widgets.code_view import CodeView
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
def rich(app: App, qtbot: QtBot) -> RichText:
    text = RichText(app.context.typesetting)
    qtbot.addWidget(text)
    text.resize(600, 800)
    text.show()
    return text


def kinds(rich: RichText) -> list[type]:
    return [type(widget) for widget in rich.widgets()]


def prose(rich: RichText) -> str:
    return "\n".join(view.document().toPlainText() for view in rich.widgets() if isinstance(view, MarkdownView))


def test_every_kind_of_piece_has_its_view(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text(TEXT)
    QTest.qWait(100)  # filled in piece by piece
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
    QTest.qWait(100)  # filled in piece by piece
    assert grown.text() == TEXT
    assert kinds(grown) == kinds(rich)
    assert prose(grown) == prose(rich)


def test_only_the_last_piece_is_rendered_again(rich: RichText) -> None:
    rich.set_text("first\n\n```\ncode\n```\n\nlast")
    QTest.qWait(100)  # filled in piece by piece
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


def test_thoughts_are_folded_until_asked_for(rich: RichText) -> None:
    rich.set_text("<think>one two")
    (thought,) = rich.widgets()
    assert isinstance(thought, ThoughtView)
    assert "2" in thought.toggle.text()
    assert not thought.body.isVisible()
    QTest.qWait(10)
    thought.toggle.click()
    rich.append_text(" three</think>\n\nAnswer")
    assert thought.body.isVisible()
    assert thought.body.text() == "one two three"
    assert prose(rich) == "Answer"


def test_formulas_become_pictures_and_bad_ones_stay_as_written(rich: RichText, qtbot: QtBot) -> None:
    rich.set_text("so $\\frac{a}{b}$ is\n\n$$\nx^2\n$$\n\nbut $\\frac{$ is not")
    qtbot.waitUntil(lambda: len(rich.widgets()) == 3, timeout=3000)
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
