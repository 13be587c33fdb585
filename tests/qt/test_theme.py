from __future__ import annotations

from PySide6.QtGui import QColor, QFontInfo
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.ui.theme import DARK, LIGHT, Colors
from tests.qt.conftest import chat_of


def contrast(first: str, second: str) -> float:
    """WCAG 2.1 contrast ratio of two colours."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(name: str) -> float:
    color = QColor(name)
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_all_text_stands_out_from_what_is_behind_it() -> None:
    for colors in (LIGHT, DARK):
        for text, behind in _pairs(colors):
            assert contrast(text, behind) >= 4.5, (text, behind)


def _pairs(c: Colors) -> list[tuple[str, str]]:
    return [
        *[(c.text, b) for b in (c.background, c.sidebar, c.surface, c.soft, c.hover, c.danger_soft)],
        *[(c.muted, b) for b in (c.background, c.sidebar, c.surface)],
        (c.accent, c.soft),
        (c.on_accent, c.accent),
        (c.danger, c.danger_soft),
    ]


def test_text_that_comes_later_has_the_same_font_as_the_rest(app: App, qtbot: QtBot) -> None:
    base = QFontInfo(QApplication.font()).family()
    later = QLabel("x", app.window)
    later.show()
    seen = [later, chat_of(app).prompt.edit, app.window.rail.buttons[0], chat_of(app).transcript]
    assert {QFontInfo(widget.font()).family() for widget in seen} == {base}
    assert QApplication.font().families()[0] == base
