"""The troubles of drawing tokens, as sentences with a way out: logits, biases, grammars and JSON schemas."""

from __future__ import annotations

from chatapp.core.errors import ErrorKind, Sentence
from chatapp.core.options import QT_TRANSLATE_NOOP

LOGITS_BROKEN = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "The model's logits are no longer numbers ({value}): no next token can be drawn."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "What was written is kept. The model file or an adapter is damaged: compare its checksum with the "
        "publisher's, or fetch it again.",
    ),
)
TOO_MANY_BIASES = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "{count} logit biases are too many."),
    hint=QT_TRANSLATE_NOOP("errors", "Give at most {limit}."),
)
BIAS_UNREADABLE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The logit bias {text} can't be read."),
    hint=QT_TRANSLATE_NOOP("errors", "Write the id of a token, an equals sign and a number, as in 123=-5."),
)
BIAS_TOKEN_UNKNOWN = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The logit bias names the token {token}, but this model's tokens end at {last}."),
    hint=QT_TRANSLATE_NOOP("errors", "Ids differ from model to model: change or remove it."),
)
TOKEN_UNKNOWN = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The token {token} was written by another model: this one's end at {last}."),
    hint=QT_TRANSLATE_NOOP("errors", "Load the model that wrote the reply to try other settings on it."),
)
GRAMMAR_TOO_LARGE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "A grammar or JSON schema of {count} characters is too long."),
    hint=QT_TRANSLATE_NOOP("errors", "Shorten it to at most {limit} characters."),
)
GRAMMAR_EMPTY = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The file {path} is empty, so it holds no grammar and no JSON schema."),
    hint=QT_TRANSLATE_NOOP("errors", "Name another file, or leave the option out to let the reply be free."),
)
GRAMMAR_AND_SCHEMA = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "A reply can't follow a grammar and a JSON schema at once."),
    hint=QT_TRANSLATE_NOOP("errors", "Remove one of the two."),
)
GRAMMAR_BAD = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The grammar can't be used: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Correct it, or remove it to let the reply be free. Its language is GBNF."),
)
SCHEMA_BAD = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The JSON schema can't be used: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Correct it, or remove it to let the reply be free."),
)
GRAMMAR_DEAD_END = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The grammar allows no token of this model here, and the reply is not complete."),
    hint=QT_TRANSLATE_NOOP("errors", "What was written is kept. Correct the grammar, or remove it."),
)
GRAMMAR_TOO_WIDE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The grammar can read the reply so far in more than {limit} ways."),
    hint=QT_TRANSLATE_NOOP("errors", "What was written is kept. Make the grammar less ambiguous, or remove it."),
)
TEMPERATURE_UNREADABLE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "{text} is not a temperature."),
    hint=QT_TRANSLATE_NOOP("errors", "Write numbers with blanks between them, as in 0 0.5 1."),
)
TEMPERATURE_TWICE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The temperature {value} is there twice."),
    hint=QT_TRANSLATE_NOOP("errors", "Name each once; how often it is tried is the number of seeds."),
)
TEMPERATURES_COUNT = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The list has {count} temperatures."),
    hint=QT_TRANSLATE_NOOP("errors", "Name at least one and at most {limit}, with blanks between them."),
)
