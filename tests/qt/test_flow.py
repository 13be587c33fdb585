"""The layout that begins a new line where there is no more room."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from chatapp.ui.widgets.flow import FlowLayout


def test_widgets_wrap_and_hidden_ones_take_no_room(qtbot: QtBot) -> None:
    whole = QWidget()
    qtbot.addWidget(whole)
    flow = FlowLayout(whole, spacing=10)
    labels = [QLabel() for _ in range(3)]
    for label, height in zip(labels, (20, 30, 20), strict=True):
        label.setFixedSize(100, height)
        flow.addWidget(label)
    assert flow.hasHeightForWidth()
    assert [flow.heightForWidth(width) for width in (320, 319, 210, 100)] == [30, 60, 60, 90]
    whole.resize(210, 60)
    whole.show()
    qtbot.waitExposed(whole)
    assert [(label.x(), label.y()) for label in labels] == [(0, 5), (110, 0), (0, 40)]
    labels[0].hide()
    assert flow.heightForWidth(210) == 30
    assert flow.takeAt(9) is None
    assert flow.itemAt(-1) is None
    assert flow.takeAt(0) is not None
    assert flow.count() == 2
