"""Colours, fonts and the style sheet, for light and dark, at any zoom."""

from __future__ import annotations

from dataclasses import dataclass, fields

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetrics, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from chatapp.storage.paths import assets

# The second family serves characters the first lacks. It is named because fontconfig alone would draw Chinese with
# Japanese shapes.
CHINESE_FAMILIES = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei")


@dataclass(frozen=True, slots=True, kw_only=True)
class Colors:
    background: str
    sidebar: str
    surface: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    soft: str
    hover: str
    danger: str
    danger_soft: str


LIGHT = Colors(
    background="#fbfbfa",
    sidebar="#f2f2ef",
    surface="#ffffff",
    border="#dededa",
    text="#1f2328",
    muted="#62676d",
    accent="#2563d9",
    on_accent="#ffffff",
    soft="#e9effb",
    hover="#e7e7e3",
    danger="#a8362c",
    danger_soft="#fbeeec",
)
DARK = Colors(
    background="#1c1e21",
    sidebar="#16181a",
    surface="#26292d",
    border="#3a3e44",
    text="#e6e7e9",
    muted="#a0a6ad",
    accent="#6ea1ff",
    on_accent="#10131a",
    soft="#243045",
    hover="#2f3338",
    danger="#f0958c",
    danger_soft="#3a2624",
)

_COLUMN_EMS = 62
_LEAST_POINTS = 10.0  # some systems report a default too small to read for long

_SHEET = """
QWidget { color: @text; }
QMainWindow, QDialog, #page { background: @background; }
QToolTip { color: @text; background: @surface; border: 1px solid @border; padding: 4px; }
#rail, #sidebar { background: @sidebar; }
#rail { border-right: 1px solid @border; }
#sidebar { border-right: 1px solid @border; }
#topbar { background: @background; border-bottom: 1px solid @border; }
#statusbar { background: @sidebar; border-top: 1px solid @border; }
#statusbar QLabel { color: @muted; }
#muted { color: @muted; }
#notice { color: @muted; background: @soft; border-radius: 6px; padding: 5px 10px; }
#heading { font-weight: 600; }
#railButton { border: none; border-radius: 8px; padding: 8px 4px; color: @muted; }
#railButton:hover { background: @hover; color: @text; }
#railButton:checked { background: @soft; color: @accent; font-weight: 600; }
QPushButton, #picker { background: @surface; border: 1px solid @border; border-radius: 6px; padding: 6px 14px; }
QPushButton:hover, #picker:hover { background: @hover; }
QPushButton:disabled { color: @muted; background: @background; }
QPushButton#primary { background: @accent; color: @on_accent; border-color: @accent; font-weight: 600; }
QPushButton#primary:disabled { background: @hover; color: @muted; border-color: @border; }
QPushButton#example { text-align: left; padding: 12px 16px; border-radius: 8px; }
QPushButton#primary:focus, QPushButton#stop:focus { border: 2px solid @muted; padding: 5px 13px; }
QPushButton:focus, #picker:focus, #railButton:focus, QToolButton:focus { border: 1px solid @accent; }
#picker { text-align: left; padding: 6px 12px; }
#picker::menu-indicator { image: none; }
QToolButton#quiet { border: 1px solid transparent; border-radius: 6px; padding: 4px; background: transparent; }
QToolButton#quiet:hover { background: @hover; }
QToolButton#quiet:focus { border-color: @accent; }
QPushButton#stop { background: @text; color: @background; border-color: @text; font-weight: 600; }
QComboBox, QAbstractSpinBox { background: @surface; border: 1px solid @border; border-radius: 6px; padding: 5px 8px; }
QAbstractSpinBox QLineEdit { background: transparent; border: none; padding-left: 6px; }
QComboBox:focus, QAbstractSpinBox:focus { border-color: @accent; }
QComboBox::drop-down, QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 22px; }
QComboBox::down-arrow, QAbstractSpinBox::down-arrow { image: url("@icons/arrow-down.svg"); width: 14px; height: 14px; }
QAbstractSpinBox::up-arrow { image: url("@icons/arrow-up.svg"); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: @surface; border: 1px solid @border; selection-background-color: @soft;
    selection-color: @accent; }
#promptFrame { background: @surface; border: 1px solid @border; border-radius: 12px; }
#promptFrame[focused="true"] { border-color: @accent; }
#promptEdit, #messageText { background: transparent; border: none; }
#promptEdit { placeholder-text-color: @muted; }
#bubble { background: @soft; border-radius: 12px; }
QToolButton#figures { border: 1px solid transparent; border-radius: 6px; padding: 4px; background: transparent;
    color: @muted; }
QToolButton#figures:hover { background: @hover; }
QToolButton#figures:focus { border-color: @accent; }
#findBar { background: @sidebar; border-bottom: 1px solid @border; }
#inspector { border-left: 1px solid @border; }
#palette { border: 1px solid @accent; border-radius: 8px; }
QLineEdit { background: @surface; border: 1px solid @border; border-radius: 6px; padding: 5px 8px; }
QLineEdit:focus { border-color: @accent; }
QTabWidget::pane { border: none; background: @background; }
QTabBar::tab { padding: 8px 16px; border: none; border-bottom: 2px solid transparent; color: @muted; }
QTabBar::tab:selected { color: @accent; border-bottom-color: @accent; }
QTabBar::tab:focus { color: @text; }
#code { background: @surface; border: 1px solid @border; border-radius: 8px; }
#thought { border-left: 3px solid @border; padding-left: 8px; }
#adapterChip { border: 1px solid @border; border-radius: 6px; background: @surface; }
#adapterChip QCheckBox::indicator:unchecked { width: 12px; height: 12px; border: 1px solid @muted; border-radius: 2px;
    background: @background; }
#adapterChip QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: @border; }
#adapterChip QSlider::sub-page:horizontal { border-radius: 2px; background: @accent; }
#adapterChip QSlider::handle:horizontal { width: 10px; margin: -5px 0; border-radius: 6px; border: 1px solid @muted;
    background: @surface; }
#adapterChip QSlider::handle:horizontal:focus { border-color: @accent; background: @soft; }
#adapterBox { border: 1px solid @border; background: @background; }
#card { background: @danger_soft; border: 1px solid @danger; border-radius: 8px; }
#cardTitle { color: @danger; font-weight: 600; }
#detail { background: @surface; border: 1px solid @border; border-radius: 6px; }
QListView, QTreeView { background: transparent; border: none; outline: none; }
QListView { border: 1px solid transparent; border-radius: 6px; }
QListView:focus, QTreeView:focus { border-color: @accent; }
QListView::item { padding: 7px 8px; border-radius: 6px; color: @text; }
QListView::item:hover { background: @hover; }
QListView::item:selected { background: @soft; color: @accent; }
QTreeView { background: @surface; border: 1px solid @border; border-radius: 8px; padding: 4px; }
QTreeView::item { padding: 8px 6px; border: none; color: @text; }
QTreeView::item:hover { background: @hover; }
QTreeView::item:selected { background: @soft; color: @text; }
#candidates::item { padding: 3px 2px; }
#candidates QHeaderView::section { padding: 4px 3px; }
#pairs::item { padding: 3px 9px; }
#pairs QHeaderView::section { padding: 4px 11px; }
QHeaderView { background: transparent; }
QHeaderView::section { background: @surface; color: @muted; border: none; border-bottom: 1px solid @border;
    padding: 8px 9px; }
QScrollArea { border: none; background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 2px; }
QScrollBar::handle:vertical { background: @border; border-radius: 4px; min-height: 28px; }
QScrollBar::handle:vertical:hover { background: @muted; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 2px; }
QScrollBar::handle:horizontal { background: @border; border-radius: 4px; min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { height: 0; width: 0;
    background: transparent; }
QProgressBar { background: @hover; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QMenu { background: @surface; border: 1px solid @border; padding: 4px; }
QMenu::item { padding: 7px 22px; border-radius: 4px; }
QMenu::item:selected { background: @soft; color: @accent; }
QMenu::item:disabled { color: @muted; }
QMenu::separator { height: 1px; background: @border; margin: 4px 8px; }
QSplitter::handle { background: transparent; }
#group { background: @surface; border: 1px solid @border; border-radius: 10px; }
"""


class Theme(QObject):
    """Applies itself to the whole application; `changed` tells those who paint by hand or show icons."""

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        application.setStyle("Fusion")
        self._base_size = max(_LEAST_POINTS, application.font().pointSizeF())
        # The name of a real family: an alias such as "Sans Serif" in front of a list would be passed over.
        self._base_family = QFontInfo(application.font()).family()
        self._icons: dict[tuple[str, str], QIcon] = {}  # of the colours in force
        self.dark = False
        self.zoom = 100

    @property
    def colors(self) -> Colors:
        return DARK if self.dark else LIGHT

    def apply(self, wanted: str, zoom: int) -> None:
        """wanted: "light", "dark" or "system"; zoom in percent."""
        self.dark = wanted == "dark" or (wanted == "system" and _system_is_dark())
        self.zoom = zoom
        self._icons.clear()
        font = QFont(self._application.font())
        font.setFamilies([self._base_family, *CHINESE_FAMILIES])
        font.setPointSizeF(self._base_size * zoom / 100)
        self._application.setFont(font)
        self._application.setPalette(_palette(self.colors))
        self._application.setStyleSheet(_sheet(self.colors))
        self.changed.emit()

    def icon(self, name: str, *, color: str | None = None) -> QIcon:
        """The drawing assets/icons/<name>.svg in the text's colour or another, grey where it is disabled."""
        shade_of_text = color or self.colors.text
        if (known := self._icons.get((name, shade_of_text))) is not None:
            return known
        source = (assets() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
        icon = QIcon()
        for mode, shade in (
            (QIcon.Mode.Normal, shade_of_text),
            (QIcon.Mode.Disabled, self.colors.muted),
        ):
            renderer = QSvgRenderer(QByteArray(source.replace("currentColor", shade).encode()))
            for size in (20, 40, 80):
                icon.addPixmap(_rendered(renderer, size), mode)
        self._icons[name, shade_of_text] = icon
        return icon

    def column_width(self) -> int:
        """The width in pixels of a column of text that reads well."""
        return QFontMetrics(self._application.font()).horizontalAdvance("m") * _COLUMN_EMS

    def icon_size(self, points: int = 20) -> QSize:
        side = round(points * self.zoom / 100)
        return QSize(side, side)


def _rendered(renderer: QSvgRenderer, size: int) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


def _system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def _sheet(colors: Colors) -> str:
    sheet = _SHEET.replace("@icons", (assets() / "icons").as_posix())
    for name in sorted((entry.name for entry in fields(Colors)), key=len, reverse=True):
        sheet = sheet.replace(f"@{name}", getattr(colors, name))
    return sheet


def _palette(colors: Colors) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: colors.background,
        QPalette.ColorRole.WindowText: colors.text,
        QPalette.ColorRole.Base: colors.surface,
        QPalette.ColorRole.AlternateBase: colors.sidebar,
        QPalette.ColorRole.Text: colors.text,
        QPalette.ColorRole.Button: colors.surface,
        QPalette.ColorRole.ButtonText: colors.text,
        QPalette.ColorRole.Highlight: colors.accent,
        QPalette.ColorRole.HighlightedText: colors.on_accent,
        QPalette.ColorRole.ToolTipBase: colors.surface,
        QPalette.ColorRole.ToolTipText: colors.text,
        QPalette.ColorRole.PlaceholderText: colors.muted,
        QPalette.ColorRole.Link: colors.accent,
        QPalette.ColorRole.Mid: colors.border,
    }
    for role, color in roles.items():
        palette.setColor(role, QColor(color))
    disabled = QPalette.ColorGroup.Disabled
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(disabled, role, QColor(colors.muted))
    return palette
