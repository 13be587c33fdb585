"""The language of the window: switched live, every text through Qt's translation."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QLibraryInfo, QLocale, QObject, QTranslator

from chatapp.core.errors import ErrorInfo, fill, printable
from chatapp.storage.paths import assets

LANGUAGES = ("en", "zh_CN")


class Language(QObject):
    """`use` installs the translators; Qt then sends every widget a LanguageChange event."""

    def __init__(self, application: QCoreApplication) -> None:
        super().__init__(application)
        self._application = application
        self._translators: list[QTranslator] = []
        self._kept: list[bytes] = []
        self.current = "en"

    def use(self, wanted: str) -> None:
        """wanted: one of LANGUAGES, or "system"."""
        language = _system_language() if wanted == "system" else wanted
        if language == self.current:
            return
        for translator in self._translators:
            self._application.removeTranslator(translator)
        self._translators.clear()
        self._kept.clear()
        self.current = language
        if language == "en":
            return
        qt_folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
        for path in (qt_folder / f"qtbase_{language}.qm", assets() / "translations" / f"{language}.qm"):
            translator = QTranslator(self)
            # from memory: a file replaced by an update while the window runs would change under it
            if path.is_file() and translator.load(data := path.read_bytes()):
                self._kept.append(data)
                self._translators.append(translator)
                self._application.installTranslator(translator)


class Translated:
    """A widget that sets its texts in `retranslate`; mix in before the widget class and call it once at the end of
    the constructor."""

    def retranslate(self) -> None:
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)  # type: ignore[misc]


def option_text(text: str) -> str:
    """A label or help text of core.options in the window's language."""
    return QCoreApplication.translate("options", text)


def error_message(info: ErrorInfo) -> str:
    """What happened, in the window's language."""
    return printable(fill(QCoreApplication.translate("errors", info.text), info.params))


def error_advice(info: ErrorInfo) -> str:
    """What to do, in the window's language."""
    return printable(fill(QCoreApplication.translate("errors", info.hint), info.params))


def _system_language() -> str:
    return "zh_CN" if QLocale.system().language() == QLocale.Language.Chinese else "en"
