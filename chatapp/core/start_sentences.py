"""What is said at a start: how the last session ended, and why not everything is as usual."""

from __future__ import annotations

from chatapp.core.errors import ErrorKind, Sentence
from chatapp.core.options import QT_TRANSLATE_NOOP

ENDED_BADLY = Sentence(
    kind=ErrorKind.NOTICE,
    text=QT_TRANSLATE_NOOP("errors", "chatapp did not end properly last time."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Your chats are safe. A report without any of your texts was kept on this computer; nothing was sent."
    ),
)
TROUBLE_LAST_TIME = Sentence(
    kind=ErrorKind.NOTICE,
    text=QT_TRANSLATE_NOOP("errors", "Something went wrong inside chatapp last time."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Your chats are safe. A report without any of your texts was kept on this computer; nothing was sent."
    ),
)
SAFE_AFTER_CRASHES = Sentence(
    kind=ErrorKind.NOTICE,
    text=QT_TRANSLATE_NOOP("errors", "chatapp ended early twice in a row, so it was started in safe mode."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "No model was loaded, the window has its usual place, and saved contexts are not used. Your settings are as "
        "you left them.",
    ),
)
SAFE_AS_WISHED = Sentence(
    kind=ErrorKind.NOTICE,
    text=QT_TRANSLATE_NOOP("errors", "chatapp was started in safe mode, as you wished."),
    hint=SAFE_AFTER_CRASHES.hint,
)
MODEL_HELD_BACK = Sentence(
    kind=ErrorKind.MODEL_LOAD,
    text=QT_TRANSLATE_NOOP(
        "errors", "{name} was not loaded by itself, since the model process stopped while loading it."
    ),
    hint=QT_TRANSLATE_NOOP(
        "errors", "The file may be damaged or need more memory than is free. You can try it again or choose another."
    ),
)
