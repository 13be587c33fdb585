"""A document's text with nothing lost: Qt's own conversion drops half characters (lone surrogates) silently."""

from __future__ import annotations

from PySide6.QtGui import QTextDocument

_SEPARATORS = str.maketrans({"\u2028": "\n", "\u2029": "\n"})


def exact_text(document: QTextDocument) -> str:
    """The plain text; a lone surrogate in it stays one, so that it can be named instead of vanishing."""
    text = document.toPlainText()
    units = document.characterCount() - 1  # the last one is the end of the document
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 == units:
        return text
    halves = "".join(document.characterAt(position) for position in range(units))
    whole = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return whole.translate(_SEPARATORS)
