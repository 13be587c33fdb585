"""Known trouble with the content of model and adapter files, as sentences with a way out; see core/sentences.py."""

from __future__ import annotations

from chatapp.core.errors import ErrorKind, Sentence
from chatapp.core.options import QT_TRANSLATE_NOOP

MODEL_ONLY_VOCABULARY = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "{path} holds only the vocabulary of a model, without its weights."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose the file with the whole model; it is much larger."),
)
MODEL_IS_ADAPTER = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "{path} is a LoRA adapter, not a whole model."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Choose the model it was made for, and give the adapter to chatapp generate, chat or score: --adapter"
    ),
)
MODEL_IS_PROJECTOR = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "{path} is the part of a model that reads pictures or sound; it writes no text."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose the language model that it belongs to."),
)
MODEL_UNKNOWN_ARCHITECTURE = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "The architecture of {path}, {architecture}, is unknown to this chatapp."),
    hint=QT_TRANSLATE_NOOP("errors", "Update chatapp, or choose another model; a file of a known one may be damaged."),
)
MODEL_SPLIT_PART = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "{path} is part {number} of a model in {count} files."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose the first file; the others are found beside it."),
)
MODEL_SPLIT_NAME = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "{path} is the first of {count} files, but its name does not end in {ending}."),
    hint=QT_TRANSLATE_NOOP("errors", "Give the files the names they were published with, all in one folder."),
)
MODEL_NOT_UTF8 = Sentence(
    kind=ErrorKind.BAD_INPUT,  # the window takes cards about missing models away when one is loaded
    text=QT_TRANSLATE_NOOP("errors", "Some texts in {path} are not valid UTF-8: {keys}."),
    hint=QT_TRANSLATE_NOOP("errors", "They are shown and used with replacement characters; the file may be damaged."),
)
MODEL_SPECIAL_TOKENS = Sentence(
    kind=ErrorKind.BAD_INPUT,  # the window takes cards about missing models away when one is loaded
    text=QT_TRANSLATE_NOOP("errors", "{path} names special tokens that its vocabulary does not have: {keys}."),
    hint=QT_TRANSLATE_NOOP("errors", "Others are used in their place, so replies may not end where they should."),
)
NOT_QUANTIZED = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "llama.cpp can't write {path} in another type: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Use the file as it is; it is larger, and says the same."),
)
ADAPTER_IS_MODEL = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "{path} is not a LoRA adapter."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose an adapter in the GGUF format; a whole model is given with --model."),
)
ADAPTER_DAMAGED = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "The adapter {path} is damaged: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Fetch or make it again."),
)
ADAPTER_UNFIT = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "The adapter {path} does not fit the model: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Use it with the model it was made for."),
)
ADAPTER_REFUSED = Sentence(
    kind=ErrorKind.MODEL_LOAD,
    text=QT_TRANSLATE_NOOP("errors", "llama.cpp can't load the adapter {path}: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Use it with the model it was made for, or make it again."),
)
NO_ADAPTER_ON = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "No adapter is switched on."),
    hint=QT_TRANSLATE_NOOP("errors", "Switch one on at the top of the window, or add one there with the + button."),
)
