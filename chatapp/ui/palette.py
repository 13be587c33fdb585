"""The palette: one line to reach every chat, model and command."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named, shown

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_HINT = Qt.ItemDataRole.UserRole
_WIDTH_EMS, _MOST_ROWS = 46, 12
_MARGIN = 10
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True, slots=True)
class Entry:
    """hint: what kind of thing it is, and its keys."""

    title: str
    hint: str
    run: Callable[[], None]


def matching(entries: Sequence[Entry], typed: str) -> list[Entry]:
    """Those in whose title or hint every word of `typed` occurs; titles that begin with what was typed first, then
    those in which it begins a word, then those that have all words in the title."""
    words = typed.casefold().split()
    whole = " ".join(words)
    begins_word = re.compile(rf"\b{re.escape(whole)}")

    def rank(entry: Entry) -> int:
        title = entry.title.casefold()
        if title.startswith(whole):
            return 0
        return 1 if begins_word.search(title) else 2 if all(word in title for word in words) else 3

    fitting = [e for e in entries if all(word in f"{e.title} {e.hint}".casefold() for word in words)]
    return sorted(fitting, key=rank)


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def set_entries(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.title}, {entry.hint}"
        return entry.hint if role == _HINT else None


class _HintAtRight(QStyledItemDelegate):
    """The title ends before the hint begins."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, super().sizeHint(option, index).height())  # as wide as the list, however long the title

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        hint = str(index.data(_HINT))
        place = option.rect.adjusted(0, 0, -_MARGIN, 0)
        whole = QStyleOptionViewItem(option)
        self.initStyleOption(whole, index)
        text, whole.text = whole.text, ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, whole, painter, option.widget)
        room = place.adjusted(_MARGIN, 0, -option.fontMetrics.horizontalAdvance(hint) - 2 * _MARGIN, 0)
        painter.save()
        painter.setFont(option.font)
        middle = Qt.AlignmentFlag.AlignVCenter
        for colour, at, side, words in (
            (option.palette.text(), room, Qt.AlignmentFlag.AlignLeft, _elided(option, text, room.width())),
            (QGuiApplication.palette().placeholderText(), place, Qt.AlignmentFlag.AlignRight, hint),
        ):
            painter.setPen(colour.color())
            painter.drawText(at, side | middle | Qt.TextFlag.TextSingleLine, words)
        painter.restore()


def _elided(option: QStyleOptionViewItem, text: str, width: int) -> str:
    return option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


class Palette(Translated, QDialog):
    """Is deleted when it closes."""

    def __init__(self, entries: Sequence[Entry], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("palette")
        self._window = parent
        self._entries = entries
        self._model = _Model()
        self.edit = QLineEdit()
        self.edit.textChanged.connect(self._on_typed)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(_HintAtRight(self))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(lambda _index: self._run())
        self._nothing = shown(named(QLabel(margin=8), "muted"), False)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(10, 10, 10, 10)
        for widget in (self.edit, self.list, self._nothing):
            rows.addWidget(widget)
        self.retranslate()
        self._on_typed("")

    def open_above(self) -> None:
        """In the upper middle of its parent."""
        window = self._window
        width = min(self.fontMetrics().horizontalAdvance("m") * _WIDTH_EMS, window.width() - 40)
        height = min(self.fontMetrics().lineSpacing() * _MOST_ROWS * 2, window.height() - 80)
        self.resize(width, height)
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - width) // 2, corner.y() + min(90, window.height() // 10))
        self.open()
        self.edit.setFocus()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Palette"))
        self.edit.setPlaceholderText(self.tr("Go to a chat, a model or a command"))
        self.edit.setAccessibleName(self.edit.placeholderText())
        self.list.setAccessibleName(self.tr("What can be reached"))
        self._nothing.setText(self.tr("Nothing has these words."))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run()
        elif event.key() in _MOVES:
            self._move(event.key())
        else:
            super().keyPressEvent(event)

    def _move(self, key: int) -> None:
        steps = dict(zip(_MOVES, (-1, 1, -_MOST_ROWS, _MOST_ROWS), strict=True))
        count, row = self._model.rowCount(), self.list.currentIndex().row()
        if count:
            step = steps[Qt.Key(key)]
            place = (row + step) % count if abs(step) == 1 else min(count - 1, max(0, row + step))
            self.list.setCurrentIndex(self._model.index(place))

    def _on_typed(self, text: str) -> None:
        self._model.set_entries(matching(self._entries, text))
        found = bool(self._model.entries)
        self.list.setVisible(found)
        self._nothing.setVisible(not found)
        if found:
            self.list.setCurrentIndex(self._model.index(0))

    def _run(self) -> None:
        row = self.list.currentIndex().row()
        if 0 <= row < len(self._model.entries):
            chosen = self._model.entries[row]
            self.accept()
            chosen.run()
