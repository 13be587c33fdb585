"""The troubles of training, as sentences with a way out."""

from __future__ import annotations

from chatapp.core.errors import ErrorKind, Sentence
from chatapp.core.options import QT_TRANSLATE_NOOP

MODEL_UNTRAINABLE = Sentence(
    kind=ErrorKind.MODEL_LOAD,
    text=QT_TRANSLATE_NOOP("errors", "{path} can't be trained: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose another model; these architectures can be trained: {known}."),
)
TRAINING_DIVERGED = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In step {step} the {what} is no longer a number ({value}): training stopped."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "Lower the learning rate, which was {rate}, or lengthen the warm-up, and train again. The best adapter until "
        "then, where there was an evaluation, is kept in the run's folder.",
    ),
)
TRAINING_NO_MEMORY = Sentence(
    kind=ErrorKind.MODEL_LOAD,
    text=QT_TRANSLATE_NOOP("errors", "There is not enough memory to train {path}."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Choose a smaller batch, shorter examples, a smaller rank or packed memory, or a smaller model."
    ),
)
TRAINING_NO_DEVICE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "PyTorch finds no device {device} on this computer."),
    hint=QT_TRANSLATE_NOOP("errors", "Set the device to Auto. PyTorch can compute on: {devices}."),
)
RUN_UNREADABLE = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The training run in {path} can't be read: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Begin a new run with the same settings."),
)
RUN_UNWRITABLE = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The training run in {path} can't be written: {reason}."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "Free space on the disk or check the folder's permissions, then go on with the run: its last "
        "checkpoint is kept.",
    ),
)
NOTHING_TO_TRAIN = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The training part holds no example with a token to learn."),
    hint=QT_TRANSLATE_NOOP("errors", "Give more examples, or make the validation and test parts smaller."),
)
