"""Counts the figures of lanes off the main thread: sixteen long lanes take a quarter of a second."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.comparison import Comparison, LaneResult
from chatapp.core.lanes import LaneFigures, figures_of, self_bleu, text_ids
from chatapp.services.background import Background

_REST = 4  # times as long as the last count took


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The figures of `lanes`, in their order, and the self-BLEU of all that have tokens."""

    lanes: tuple[LaneResult, ...] = ()
    figures: tuple[LaneFigures, ...] = ()
    self_bleu: float | None = None


class FigureCounter(QObject):
    """One count at a time; of what comes meanwhile only the newest is counted, and not at once: who streams needs the
    processor more."""

    counted = Signal()

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._wanted: Comparison | None = None
        self._is_busy = False
        self.last = Counted()
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._begin)

    def count(self, comparison: Comparison) -> None:
        """Ends with `counted`, later ones together."""
        self._wanted = comparison
        if not self._is_busy and not self._rest.isActive():
            self._begin()

    def figures(self, place: int, lane: LaneResult) -> LaneFigures | None:
        """The newest that are known of the lane, maybe from when it was shorter."""
        is_known = place < len(self.last.lanes) and _grew_from(self.last.lanes[place], lane)
        return self.last.figures[place] if is_known else None

    def _begin(self) -> None:
        wanted, before = self._wanted, self.last
        if wanted is None or self._background.closed:
            return
        self._wanted, self._is_busy = None, True
        begun = time.monotonic()

        def done(counted: Counted) -> None:
            self._is_busy, self.last = False, counted
            self._rest.start(round(_REST * 1000 * (time.monotonic() - begun)))
            self.counted.emit()

        def failed(_problem: object) -> None:
            self._is_busy = False

        self._background.run(lambda: _count(wanted.lanes, before), done, failed)


def _count(lanes: tuple[LaneResult, ...], before: Counted) -> Counted:
    """Only what changed is counted anew."""
    known = dict(zip(range(len(before.lanes)), zip(before.lanes, before.figures, strict=True), strict=True))
    figures = tuple(
        known[place][1] if place in known and _is_same(known[place][0], lane) else figures_of(lane)
        for place, lane in enumerate(lanes)
    )
    ids = [text_ids(lane) for lane in lanes if lane.tokens]
    is_same = ids == [text_ids(lane) for lane in before.lanes if lane.tokens]
    return Counted(lanes=lanes, figures=figures, self_bleu=before.self_bleu if is_same else self_bleu(ids))


def _is_same(known: LaneResult, lane: LaneResult) -> bool:
    return len(known.tokens) == len(lane.tokens) and known.usage == lane.usage and _grew_from(known, lane)


def _grew_from(known: LaneResult, lane: LaneResult) -> bool:
    """Tokens are only ever added to a lane; those of another comparison are other objects."""
    count = len(known.tokens)
    return count <= len(lane.tokens) and (not count or known.tokens[-1] is lane.tokens[count - 1])
