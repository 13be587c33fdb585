"""A button whose text gives way."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from chatapp.ui.widgets.elided_button import ElidedButton


def test_a_text_is_cut_only_where_it_has_too_little_room(qtbot: QtBot) -> None:
    button = ElidedButton()
    qtbot.addWidget(button)
    button.show()  # a hidden one is not told of its size
    for count in range(1, 200):
        text = f"{count} tokens · {count / 7:.1f} tokens/s · length limit reached"
        button.set_text(text)
        button.resize(button.sizeHint())
        assert button.text() == text
        button.resize(button.width() // 2, button.height())
        assert button.text().endswith("…")
