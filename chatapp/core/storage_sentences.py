"""Every known trouble with what is kept on the disk, as a sentence with a way out; sentences.py has the others."""

from __future__ import annotations

from chatapp.core.errors import ErrorKind, Sentence
from chatapp.core.options import QT_TRANSLATE_NOOP

DATABASE_LOCKED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "Another program keeps the chats in {folder} locked."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Close that program. An open window then writes by itself what is waiting; else try again."
    ),
)
DISK_FULL = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The disk of {folder} is full."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Make room on it. An open window then writes by itself what is waiting; else try again."
    ),
)
READ_ONLY = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The chats in {folder} can be read but not written."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "Make that folder and the files in it writable, or choose another folder with --data-dir DIR. An open window "
        "then writes by itself what is waiting.",
    ),
)
DATABASE_IN_USE = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The damaged file of your chats in {folder} is still open in another program."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Close that program and start chatapp again: what can be read of the file is then saved."
    ),
)
DATABASE_REPAIRED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP(
        "errors",
        "The file of your chats was damaged; {conversations} conversations with {messages} messages and the list of "
        "{models} models were saved from it.",
    ),
    hint=QT_TRANSLATE_NOOP("errors", "The damaged file is kept as {path}."),
)
NOT_AN_ORDINARY_FILE = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "A folder, a pipe or a device stood in the place of a file of chatapp."),
    hint=QT_TRANSLATE_NOOP("errors", "It was moved to {path}."),
)
BACKUP_FAILED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "A backup of the chats could not be made in {folder}: {reason}."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Your chats are as they were. Make room, or make the folder writable, and try again."
    ),
)
BACKUP_NO_ROOM = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "A backup of the chats needs {needed} in {folder}, {free} are free."),
    hint=QT_TRANSLATE_NOOP("errors", "Your chats are as they were. Make room, then try again."),
)
BACKUP_RESTORED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP(
        "errors", "{conversations} conversations and {messages} messages were brought back from the backup."
    ),
    hint=QT_TRANSLATE_NOOP("errors", "Nothing that was there has been changed. The backup is {path}."),
)
MODEL_NO_CHECKSUM = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "No checksum of {name} is known: it is not in the library."),
    hint=QT_TRANSLATE_NOOP("errors", "Add it first: chatapp models add FILE.gguf"),
)
MODEL_SIZE_DIFFERS = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP(
        "errors", "{path} is not the file that was added: it has {actual} bytes, {expected} were expected."
    ),
    hint=QT_TRANSLATE_NOOP("errors", "Fetch it again; if you replaced it yourself, add it again."),
)
MODEL_CHECKSUM_DIFFERS = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP(
        "errors",
        "{path} is not the file that was added: its size is right, its SHA-256 is {actual} instead of {expected}.",
    ),
    hint=QT_TRANSLATE_NOOP("errors", "Fetch it again; if you replaced it yourself, add it again."),
)
MODEL_NOT_LISTED = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "No model named {name} is in the library."),
    hint=QT_TRANSLATE_NOOP("errors", "List what is there with: chatapp models list"),
)
MODELS_DIFFER = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "{bad} of {all} models are not as they were added."),
    hint=QT_TRANSLATE_NOOP("errors", "Fetch them again, or take them off the list with: chatapp models remove NAME"),
)
BACKUP_OFFERED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP(
        "errors", "The backup of {date} has {conversations} conversations and {messages} messages that are not here."
    ),
    hint=QT_TRANSLATE_NOOP("errors", "They can be brought back; nothing that is here is changed by it."),
)
BACKUP_UNREADABLE = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The backup {path} can't be read: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Your chats are as they were. Older backups lie beside it."),
)
INSTANCE_SILENT = Sentence(
    kind=ErrorKind.BUSY,
    text=QT_TRANSLATE_NOOP("errors", "The data folder {folder} is in use by another chatapp that does not answer."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Close it, on another computer too. If there is none, delete the file {lock} and start again."
    ),
)
NOT_YET_SAVED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "Some changes could not be saved yet."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "They are saved as soon as the disk allows it. Close the window again to close it without them."
    ),
)
