"""Notices everything that goes wrong unexpectedly, keeps a report of it, and hands the next start what is untold.

Watched are exceptions nobody expected (of the main thread, of others, of finalizers), native crashes of the window's
process, its end without a word, and the deaths of workers. Reports stay on this computer.
"""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import traceback
from contextlib import suppress
from types import TracebackType
from typing import TextIO

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp import __version__
from chatapp.core.errors import error
from chatapp.core.sentences import INTERNAL_BUG
from chatapp.core.trace import telling_lines, trace_text
from chatapp.services.inference import InferenceService
from chatapp.services.worker_process import ProcessOutcome
from chatapp.storage.crash_reports import CrashKind, CrashReport, CrashReports
from chatapp.storage.paths import Paths
from chatapp.storage.session import Session

SETTLED_AFTER_SECONDS = 10
_MOST_OF_A_KIND = 5  # reports a session may leave, so that a fault in a loop does not push out all others
_log = logging.getLogger("chatapp")


class CrashWatch(QObject):
    """Make it when no other instance uses the data folder; call `end` at a proper end."""

    bug_seen = Signal(object)
    """ErrorInfo of an exception nobody expected"""
    interrupted = Signal()
    """Ctrl+C"""

    def __init__(self, paths: Paths, *, wants_safe_mode: bool) -> None:
        super().__init__()
        self._paths = paths
        self._reports = CrashReports(paths)
        self._worker_deaths = 0
        self._native_trace: TextIO | None = None
        self.session = Session(paths)
        if self.session.last.running:
            self._report_last_session()
        self.ended_properly = not self.session.last.running
        self.session.begin(wants_safe_mode=wants_safe_mode)
        self._reporter = _Reporter(self._reports)
        _log.addHandler(self._reporter)
        _log.info("chatapp %s starts; safe mode: %s", __version__, self.session.safe_mode.value)
        self._catch_native_crashes()
        sys.excepthook = self._on_exception
        threading.excepthook = lambda args: self._on_stray(args.exc_value)
        sys.unraisablehook = lambda args: self._on_stray(args.exc_value)

    def follow(self, inference: InferenceService) -> None:
        """From now on the window can be seen."""
        inference.worker_died.connect(self._on_worker_died)
        QTimer.singleShot(SETTLED_AFTER_SECONDS * 1000, self, self.session.settle)

    def take_untold(self) -> list[CrashReport]:
        """The reports nobody was told of yet, the newest first; once."""
        return self._reports.take_unseen()

    def end(self) -> None:
        sys.excepthook, sys.unraisablehook = sys.__excepthook__, sys.__unraisablehook__
        threading.excepthook = threading.__excepthook__
        self.session.end()
        _log.info("chatapp ends")
        _log.removeHandler(self._reporter)

    def _report_last_session(self) -> None:
        last = self.session.last
        trace = ""
        with suppress(OSError):
            trace = self._paths.native_trace.read_text(encoding="utf-8", errors="replace")
        if trace:
            kind, what = CrashKind.NATIVE, "The window's process was ended by a crash in native code."
        else:
            kind, what = CrashKind.WINDOW, "The window's process ended without closing: killed, or the system stopped."
        early = "" if last.settled else " It had just started."
        self._reports.write(kind, f"{what}{early} (chatapp {last.version})", trace)

    def _catch_native_crashes(self) -> None:
        with suppress(OSError):
            self._native_trace = self._paths.native_trace.open("w", encoding="utf-8")
            faulthandler.enable(file=self._native_trace)

    def _on_exception(self, kind: type[BaseException], value: BaseException, _trace: TracebackType | None) -> None:
        """The window lives on."""
        if issubclass(kind, KeyboardInterrupt):
            self.interrupted.emit()
        else:
            self._on_stray(value)

    def _on_stray(self, value: BaseException | None) -> None:
        if value is None or isinstance(value, SystemExit):
            return
        _log.error("an exception that nobody expected", exc_info=value)
        detail = "".join(traceback.format_exception(value))
        self.bug_seen.emit(error(INTERNAL_BUG, reason=type(value).__name__, detail=detail).info)

    def _on_worker_died(self, outcome: ProcessOutcome) -> None:
        _log.warning("a model process ended unexpectedly: %s", outcome.text)
        self._worker_deaths += 1
        if self._worker_deaths <= _MOST_OF_A_KIND:
            what = f"A model process ended unexpectedly: {outcome.text}."
            self._reports.write(CrashKind.WORKER, what, telling_lines(outcome.stderr))


class _Reporter(logging.Handler):
    """Each exception that is logged becomes a report, the same one once."""

    def __init__(self, reports: CrashReports) -> None:
        super().__init__()
        self._reports = reports
        self._seen: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        value = record.exc_info[1] if record.exc_info else None
        if value is None:
            return
        trace = trace_text(value)
        if trace not in self._seen and len(self._seen) < _MOST_OF_A_KIND:
            self._seen.add(trace)
            self._reports.write(CrashKind.EXCEPTION, f"{record.getMessage().capitalize()}.", trace)
