"""A document's text with nothing lost. Qt's plain text turns fixed spaces into ordinary ones, and on the way to Python
it drops half characters (lone surrogates) without a word."""

from __future__ import annotations

from PySide6.QtGui import QTextDocument

SEPARATORS = str.maketrans({"\u2028": "\n", "\u2029": "\n"})  # how a document keeps its line breaks


def exact_text(document: QTextDocument) -> str:
    """The text; a lone surrogate in it stays one, so that it can be named instead of vanishing."""
    text = document.toRawText()
    units = document.characterCount() - 1  # the last one is the end of the document
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 != units:
        halves = "".join(document.characterAt(position) for position in range(units))
        text = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text.translate(SEPARATORS)
