"""Stages, ends and times of a run in words."""

from __future__ import annotations

from pathlib import PureWindowsPath

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.training import RunSpec, Split, Stage, StopReason
from chatapp.storage.runs import RunState

STAGES = {
    Stage.READING_DATA: QT_TRANSLATE_NOOP("RunWords", "Reading the data"),
    Stage.TOKENIZING: QT_TRANSLATE_NOOP("RunWords", "Turning the data into tokens"),
    Stage.READING_MODEL: QT_TRANSLATE_NOOP("RunWords", "Reading the model"),
    Stage.MEASURING: QT_TRANSLATE_NOOP("RunWords", "Measuring the losses before training"),
    Stage.TRAINING: QT_TRANSLATE_NOOP("RunWords", "Training"),
    Stage.TESTING: QT_TRANSLATE_NOOP("RunWords", "Measuring the losses after training"),
    Stage.EXPORTING: QT_TRANSLATE_NOOP("RunWords", "Writing the adapter"),
    Stage.CHECKING: QT_TRANSLATE_NOOP("RunWords", "Checking the adapter in the engine"),
}
ENDS = {
    StopReason.DONE: QT_TRANSLATE_NOOP("RunWords", "all steps were done"),
    StopReason.PATIENCE: QT_TRANSLATE_NOOP("RunWords", "the validation loss did not fall any more"),
    StopReason.MINUTES: QT_TRANSLATE_NOOP("RunWords", "its time was over"),
    StopReason.STOPPED: QT_TRANSLATE_NOOP("RunWords", "you stopped it"),
}
STATES = {
    RunState.FINISHED: QT_TRANSLATE_NOOP("RunWords", "finished"),
    RunState.RESUMABLE: QT_TRANSLATE_NOOP("RunWords", "can be resumed"),
    RunState.FAILED: QT_TRANSLATE_NOOP("RunWords", "failed"),
}
SPLITS = {
    Split.TRAIN: QT_TRANSLATE_NOOP("RunWords", "Training"),
    Split.VALIDATION: QT_TRANSLATE_NOOP("RunWords", "Validation"),
    Split.TEST: QT_TRANSLATE_NOOP("RunWords", "Test"),
    Split.UNSEEN: QT_TRANSLATE_NOOP("RunWords", "Second file"),
}
_SECONDS = QT_TRANSLATE_NOOP("RunWords", "{count} s")
_MINUTES = QT_TRANSLATE_NOOP("RunWords", "{count} min")
_HOURS = QT_TRANSLATE_NOOP("RunWords", "{hours} h {minutes} min")


def in_words(text: str) -> str:
    """One of the texts above in the window's language."""
    return QCoreApplication.translate("RunWords", text)


def time_text(seconds: float) -> str:
    if seconds < 90:
        return in_words(_SECONDS).format(count=max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 60:
        return in_words(_MINUTES).format(count=minutes)
    return in_words(_HOURS).format(hours=minutes // 60, minutes=minutes % 60)


def date_text(moment: float) -> str:
    """moment: seconds since the epoch."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(moment)), QLocale.FormatType.ShortFormat)


def file_name(path: str) -> str:
    return PureWindowsPath(path).name


def model_name(spec: RunSpec) -> str:
    return PureWindowsPath(spec.model).stem


def title_of(spec: RunSpec) -> str:
    return spec.title or f"{model_name(spec)} ← {file_name(spec.data)}"
