"""What is said of a lane: how it stands, and its figures."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from chatapp.core.comparison import LaneResult, LaneState
from chatapp.core.course import ReplyFigures
from chatapp.core.errors import ErrorKind
from chatapp.core.generation import FinishReason
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.language import error_message

_STATES = {
    LaneState.WAITING: QT_TRANSLATE_NOOP("LaneColumn", "Waits for its turn"),
    LaneState.WRITING: QT_TRANSLATE_NOOP("LaneColumn", "Writing"),
    LaneState.ENDED: QT_TRANSLATE_NOOP("LaneColumn", "Ended"),
    LaneState.FAILED: QT_TRANSLATE_NOOP("LaneColumn", "Failed"),
    LaneState.INTERRUPTED: QT_TRANSLATE_NOOP("LaneColumn", "Interrupted"),
}
_ENDS = {
    FinishReason.STOP: QT_TRANSLATE_NOOP("LaneColumn", "Ended by the model"),
    FinishReason.LENGTH: QT_TRANSLATE_NOOP("LaneColumn", "Length limit reached"),
    FinishReason.CANCELLED: QT_TRANSLATE_NOOP("LaneColumn", "Stopped"),
}


def state_text(lane: LaneResult) -> str:
    if lane.state is LaneState.ENDED and lane.finish_reason is not None:
        return _tr(_ENDS[lane.finish_reason])
    if lane.error is not None and lane.error.kind is ErrorKind.CANCELLED:
        return _tr(_ENDS[FinishReason.CANCELLED])
    words = _tr(_STATES[lane.state])
    return words if lane.error is None else f"{words}: {error_message(lane.error)}"


def figures_text(count: int, figures: ReplyFigures | None, rate: float) -> str:
    """rate: tokens a second, 0 where it is not known. A line ends between the figures only."""
    parts = [_tr(QT_TRANSLATE_NOOP("LaneColumn", "{count:,} tokens")).format(count=count)] if count else []
    if figures is not None:
        perplexity = _tr(QT_TRANSLATE_NOOP("LaneColumn", "perplexity {value:.2f}"))
        entropy = _tr(QT_TRANSLATE_NOOP("LaneColumn", "entropy {value:.2f} nat"))
        parts += [perplexity.format(value=figures.perplexity), entropy.format(value=figures.mean_entropy)]
    if rate > 0:
        parts.append(f"{rate:.1f} tok/s")
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)


def _tr(text: str) -> str:
    return QCoreApplication.translate("LaneColumn", text)
