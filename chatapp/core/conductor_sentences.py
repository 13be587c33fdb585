"""Known trouble of whoever conducts a training run, as sentences with a way out; see core/sentences.py."""

from __future__ import annotations

from chatapp.core.errors import ErrorKind, Sentence
from chatapp.core.options import QT_TRANSLATE_NOOP

TRAINER_NEVER_READY = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The training process can't be started ({outcome})."),
    hint=QT_TRANSLATE_NOOP("errors", "Install it again in a terminal with: chatapp components install finetune"),
)
TRAINER_ENDED = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The training process stopped unexpectedly ({outcome})."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "The run can be resumed from its last checkpoint; where memory was short, a smaller batch or shorter examples "
        "help.",
    ),
)
TRAINER_SILENT = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The training process gave no sign of life for {seconds} seconds and was ended."),
    hint=QT_TRANSLATE_NOOP("errors", "The run can be resumed from its last checkpoint."),
)
CONDUCTOR_NEVER_READY = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The process that conducts training can't be started ({outcome})."),
    hint=QT_TRANSLATE_NOOP("errors", "Run chatapp selfcheck in a terminal to see what is missing."),
)
CONDUCTOR_ENDED = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The process that conducts training stopped unexpectedly ({outcome})."),
    hint=QT_TRANSLATE_NOOP("errors", "The run can be resumed from its last checkpoint."),
)
CONDUCTOR_SILENT = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "Training gave no sign of life for {seconds} seconds and was ended."),
    hint=QT_TRANSLATE_NOOP("errors", "The run can be resumed from its last checkpoint."),
)
RUN_MISSING = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "There is no training run that can be read in {folder}: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Give the folder of a run, or its name; or begin a new run."),
)
RUN_BUSY = Sentence(
    kind=ErrorKind.BUSY,
    text=QT_TRANSLATE_NOOP("errors", "The run in {folder} is being trained already."),
    hint=QT_TRANSLATE_NOOP("errors", "Wait for its end, or stop it where it was started."),
)
RUN_NOT_WRITTEN = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The run's folder {folder} can't be written: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Make room on the disk or the folder writable, then resume the run."),
)
RUN_FILE_CHANGED = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "{path} is not as it was when this run began."),
    hint=QT_TRANSLATE_NOOP("errors", "Put the file back as it was, or begin a new run."),
)
ADAPTER_NOT_WRITABLE = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The adapter can't be written to {path}: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose another place for it, in a folder that exists and can be written."),
)
PARITY_FAILED = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP(
        "errors",
        "The adapter does not do in llama.cpp what it did in training: a loss of {engine} instead of {trainer}, "
        "KL {kl} per token.",
    ),
    hint=QT_TRANSLATE_NOOP("errors", "Do not rely on this adapter; report it with the run's folder."),
)
