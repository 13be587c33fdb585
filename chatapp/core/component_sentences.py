"""Every known trouble with components, as a sentence with a way out."""

from __future__ import annotations

from chatapp.core.errors import ErrorKind, Sentence
from chatapp.core.options import QT_TRANSLATE_NOOP

COMPONENT_MISSING = Sentence(
    kind=ErrorKind.COMPONENT,
    text=QT_TRANSLATE_NOOP("errors", "Fine-tuning needs the training component, which is not installed."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Install it on the Fine-tune page, or in a terminal: chatapp components install {name}"
    ),
)
COMPONENT_UNKNOWN = Sentence(
    kind=ErrorKind.COMPONENT,
    text=QT_TRANSLATE_NOOP("errors", "There is no component named {name}."),
    hint=QT_TRANSLATE_NOOP("errors", "List what there is with: chatapp components list"),
)
COMPONENT_BUSY = Sentence(
    kind=ErrorKind.BUSY,
    text=QT_TRANSLATE_NOOP("errors", "The component is being installed or removed by another chatapp."),
    hint=QT_TRANSLATE_NOOP("errors", "Wait until that is done, or cancel it there."),
)
COMPONENT_IN_USE = Sentence(
    kind=ErrorKind.BUSY,
    text=QT_TRANSLATE_NOOP("errors", "The component is in use by a training run."),
    hint=QT_TRANSLATE_NOOP("errors", "Wait until the run is done, or stop it, then try again."),
)
COMPONENT_NOT_REMOVED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The component's folder {folder} could not be removed: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Close programs that use it and try again, or delete the folder by hand."),
)
COMPONENT_NO_PYTHON = Sentence(
    kind=ErrorKind.COMPONENT,
    text=QT_TRANSLATE_NOOP("errors", "The component runs on Python 3.10 to 3.13, and none was found on this computer."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "Install one together with its venv module (on Debian and Ubuntu the packages python3 and python3-venv), then "
        "try again.",
    ),
)
COMPONENT_NO_VENV = Sentence(
    kind=ErrorKind.COMPONENT,
    text=QT_TRANSLATE_NOOP("errors", "{python} could not make an environment for the component: {reason}."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "On Debian and Ubuntu install the package python3-venv, then try again; nothing was changed."
    ),
)
COMPONENT_NO_ROOM = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP(
        "errors", "The component needs {needed} while it is installed; {free} are free in {folder}."
    ),
    hint=QT_TRANSLATE_NOOP("errors", "Make room on that disk, then try again."),
)
COMPONENT_NO_NETWORK = Sentence(
    kind=ErrorKind.COMPONENT,
    text=QT_TRANSLATE_NOOP("errors", "The package index can't be reached, so the component can't be downloaded."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "Check the network, and the proxy and index settings of pip, then try again; packages that were complete are "
        "not downloaded twice.",
    ),
)
COMPONENT_NO_PACKAGE = Sentence(
    kind=ErrorKind.COMPONENT,
    text=QT_TRANSLATE_NOOP("errors", "There is no ready-made package {package} for this computer and its Python."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Try a newer version of chatapp, or install chatapp on another Python from 3.10 to 3.13 of 64 bits."
    ),
)
COMPONENT_FAILED = Sentence(
    kind=ErrorKind.COMPONENT,
    text=QT_TRANSLATE_NOOP("errors", "The component could not be installed: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "What was half there is removed. Try again; the details say what pip answered."),
)
COMPONENT_NOT_WORKING = Sentence(
    kind=ErrorKind.COMPONENT,
    text=QT_TRANSLATE_NOOP("errors", "The component was installed but does not start on this computer: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "It is removed again. The details say what is missing."),
)
