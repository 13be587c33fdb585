"""Every known trouble with a training run as the window keeps it, in words."""

from __future__ import annotations

from chatapp.core.errors import ErrorKind, Sentence
from chatapp.core.options import QT_TRANSLATE_NOOP

RUN_NOT_MADE = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "A folder for the run could not be made in {folder}: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Make room, or make the folder writable, and start the run again."),
)
RUN_UNREADABLE = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "What the run in {folder} was asked for can't be read: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Start a new run; what this one wrote is still in its folder."),
)
RUN_NOT_DELETED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The run in {folder} could not be deleted: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Close programs that have its files open and try again."),
)
TRAINING_DIED = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The training process stopped: {outcome}."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "Resume the run: it goes on from its last checkpoint. Where memory was short, choose a smaller batch or "
        "shorter examples.",
    ),
)
INSPECTION_DIED = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The process that looks at the data stopped: {outcome}."),
    hint=QT_TRANSLATE_NOOP("errors", "Look again; if it stops every time, choose other data or another model."),
)
INSPECTION_SILENT = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP(
        "errors", "The process that looks at the data gave no sign of life for {seconds} seconds and was ended."
    ),
    hint=QT_TRANSLATE_NOOP("errors", "Look again; if it stops every time, choose other data or another model."),
)
TRAINING_BUSY = Sentence(
    kind=ErrorKind.BUSY,
    text=QT_TRANSLATE_NOOP("errors", "A run is being trained already."),
    hint=QT_TRANSLATE_NOOP("errors", "Wait for its end, or stop it; its best adapter is kept."),
)
TRAINING_PROTOCOL = Sentence(
    kind=ErrorKind.PROTOCOL,
    text=QT_TRANSLATE_NOOP(
        "errors", "The training process is of another version of chatapp (it speaks {theirs}, not {ours})."
    ),
    hint=QT_TRANSLATE_NOOP("errors", "Install chatapp and its training component anew."),
)
NO_TRAINING_DATA = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "{name} is not a kind of file that can be trained on."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose a .jsonl, .json, .csv or .txt file."),
)
NO_FITTING_CHATS = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "None of your chats fits what was chosen."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose more folders, an earlier date or fewer messages."),
)
EXPORT_MISSING = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "This run has no adapter in the PEFT format."),
    hint=QT_TRANSLATE_NOOP("errors", "Its folder has the adapter as GGUF; chatapp can use that one."),
)
RUN_CLOSING = Sentence(
    kind=ErrorKind.NOTICE,
    text=QT_TRANSLATE_NOOP("errors", "A run is still being trained."),
    hint=QT_TRANSLATE_NOOP("errors", "It would end with the window."),
)
RUN_FINISHED = Sentence(
    kind=ErrorKind.NOTICE,
    text=QT_TRANSLATE_NOOP("errors", "The training run has finished."),
    hint=QT_TRANSLATE_NOOP("errors", "See on the Fine-tune page what it came to."),
)
