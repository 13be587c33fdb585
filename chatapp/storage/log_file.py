"""The log of the window: small, in a folder of its own, without text of a person and without terminal escapes.

Only chatapp's own messages go there; those of libraries may quote what they were given.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from types import TracebackType

from chatapp.core.errors import printable
from chatapp.core.trace import home_shortened, trace_text
from chatapp.storage.paths import Paths

MOST_BYTES = 500_000
_OLDER_FILES = 2
_ExcInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)  # as logging hands it over


class PrivateFormatter(logging.Formatter):
    """Tracebacks without the messages of exceptions, ~ for the home folder, no control characters."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another formatter may have left the whole message there
        return home_shortened(printable(super().format(record)))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - logging's own name
        return trace_text(ei[1]) if ei[1] is not None else ""


def open_log(paths: Paths) -> None:
    """From now on what chatapp logs is kept; where it can't be, the app works all the same."""
    log = logging.getLogger("chatapp")
    log.setLevel(logging.INFO)
    with suppress(OSError):
        paths.logs.mkdir(mode=0o700, exist_ok=True)
        handler = RotatingFileHandler(
            paths.log, maxBytes=MOST_BYTES, backupCount=_OLDER_FILES, encoding="utf-8", errors="backslashreplace"
        )
        handler.setFormatter(PrivateFormatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)


def last_lines(paths: Paths, count: int) -> list[str]:
    """The end of the log, oldest first; nothing where it can't be read."""
    try:
        with paths.log.open("rb") as log:
            log.seek(max(0, paths.log.stat().st_size - 200 * count))
            return log.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []
