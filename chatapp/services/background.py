"""Work off the main thread: one thread per Background, jobs in order, results back on the main thread."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from chatapp.core.errors import AppError, ErrorInfo, error
from chatapp.core.sentences import INTERNAL_BUG

Result = TypeVar("Result")
_log = logging.getLogger("chatapp")


class Background(QObject):
    """`run` may be called from the main thread only; callbacks come there too, and none after `close`."""

    _completed = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        # queued also where the work was done before `run` returned: a callback never comes in the middle of its caller
        self._completed.connect(self._on_completed, Qt.ConnectionType.QueuedConnection)
        self.closed = False

    def run(
        self,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[ErrorInfo], None],
    ) -> None:
        """Runs `work`; its result goes to `done`, an AppError to `failed`, a bug there too, and to the log."""
        future: Future[Result] = self._pool.submit(work)
        future.add_done_callback(
            lambda ended: None if ended.cancelled() else self._completed.emit((ended, done, failed))
        )

    def close(self, *, finish: bool = True) -> None:
        """Waits until all work that was begun is done, and with `finish` what is in line as well."""
        self.closed = True
        self._pool.shutdown(wait=True, cancel_futures=not finish)

    def _on_completed(self, ended: tuple[Future[Any], Callable[[Any], None], Callable[[ErrorInfo], None]]) -> None:
        future, done, failed = ended
        if self.closed:
            return
        try:
            result = future.result()
        except AppError as problem:
            failed(problem.info)
        except Exception as bug:  # noqa: BLE001 - whoever waits must hear of it, or waits for ever
            detail = "".join(traceback.format_exception(bug))
            _log.error("work off the main thread met an exception that nobody expected", exc_info=bug)
            failed(error(INTERNAL_BUG, reason=type(bug).__name__, detail=detail).info)
        else:
            done(result)
