"""Known trouble with the examples a model is trained on, as sentences with a way out; see core/sentences.py."""

from __future__ import annotations

from chatapp.core.errors import ErrorKind, Sentence
from chatapp.core.options import QT_TRANSLATE_NOOP

DATA_UNREADABLE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The data file {path} can't be read: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Check the path and its permissions."),
)
DATA_EMPTY = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The data file {path} is empty: not even its line 1 has anything in it."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose a file with examples: JSONL, JSON, CSV or plain text."),
)
DATA_TOO_LARGE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The data file {path} has {size}; at most {limit} are read."),
    hint=QT_TRANSLATE_NOOP("errors", "Train on a part of it: a model learns from far fewer examples."),
)
DATA_UTF16 = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Line 1 of {path} begins as a text in UTF-16 does; data has to be UTF-8."),
    hint=QT_TRANSLATE_NOOP("errors", "Convert it to UTF-8 first, for example with iconv."),
)
DATA_NOTHING_USABLE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Nothing in {path} can be used ({count} problems). {first}"),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "Each line of JSONL needs messages with role and content, conversations with from and value, or a pair of keys "
        "such as instruction and output, prompt and completion, question and answer; CSV such columns.",
    ),
)
DATA_COLUMNS_UNKNOWN = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Line 1 of {path} names the columns {columns}; none of them can be trained on."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Name two columns instruction and output, prompt and completion, or question and answer; or one text."
    ),
)
LINE_NOT_UTF8 = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Line {line} is not valid UTF-8."),
    hint=QT_TRANSLATE_NOOP("errors", "Convert the file to UTF-8 first, for example with iconv."),
)
LINE_NOT_JSON = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Line {line} is not valid JSON: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "In JSONL each line is one whole JSON object."),
)
LINE_TOO_LONG = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Line {line} is longer than {limit}."),
    hint=QT_TRANSLATE_NOOP("errors", "Divide it into several examples."),
)
LINE_NO_OBJECT = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Line {line} holds no JSON object but a value of another kind ({kind})."),
    hint=QT_TRANSLATE_NOOP("errors", "Each example is an object in braces."),
)
LINE_KEYS_UNKNOWN = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Line {line} lacks the keys of an example; it has {keys}."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "Use messages, conversations, or a pair: instruction and output, prompt and completion, question and answer.",
    ),
)
LINE_NOT_TEXT = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In line {line} the value of {key} is not text."),
    hint=QT_TRANSLATE_NOOP("errors", "Put it in quotation marks."),
)
LINE_VALUE_EMPTY = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In line {line} the value of {key} is empty."),
    hint=QT_TRANSLATE_NOOP("errors", "An example needs something asked and something replied."),
)
LINE_NO_MESSAGES = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In line {line} the value of {key} is no list of messages."),
    hint=QT_TRANSLATE_NOOP("errors", "It has to be a list of objects, each with who speaks and what is said."),
)
LINE_MESSAGE_BROKEN = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In line {line} message {number} has no text under {keys}."),
    hint=QT_TRANSLATE_NOOP("errors", "Each message needs role and content, or from and value, both of them text."),
)
LINE_ROLE_UNKNOWN = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In line {line} message {number} is from {role}, a role that is not known."),
    hint=QT_TRANSLATE_NOOP("errors", "Use system, user and assistant, or system, human and gpt."),
)
LINE_MESSAGE_EMPTY = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In line {line} message {number} is empty."),
    hint=QT_TRANSLATE_NOOP("errors", "An example needs something asked and something replied."),
)
LINE_BEGINS_WITH_REPLY = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In line {line} the first message is already a reply."),
    hint=QT_TRANSLATE_NOOP("errors", "Begin with a message of the user."),
)
LINE_ROLE_TWICE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In line {line} message {number} has the same role as the one before, {role}."),
    hint=QT_TRANSLATE_NOOP("errors", "User and assistant have to take turns; put the two into one message."),
)
LINE_SYSTEM_LATE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In line {line} message {number} is a system prompt after the beginning."),
    hint=QT_TRANSLATE_NOOP("errors", "A system prompt can only be the first message."),
)
LINE_NO_REPLY = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Line {line} has no reply that could be learnt."),
    hint=QT_TRANSLATE_NOOP("errors", "Add a message of the assistant."),
)
LINE_LONE_SURROGATE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Line {line} has half a character (a lone surrogate)."),
    hint=QT_TRANSLATE_NOOP("errors", "Whatever wrote the file cut a character in two: write it again."),
)
LINE_NOT_CSV = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Line {line} can't be read as CSV: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Look at the quotation marks and the number of values there."),
)
LINE_NOT_IN_TEMPLATE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The example in line {line} can't be put in the model's chat template: {reason}"),
    hint=QT_TRANSLATE_NOOP("errors", "Write it as the model's chats are: a user, then the assistant, by turns."),
)
EXAMPLE_TOO_LONG = Sentence(
    kind=ErrorKind.CONTEXT_FULL,
    text=QT_TRANSLATE_NOOP("errors", "Example {number} has {needed} tokens, the context {limit}."),
    hint=QT_TRANSLATE_NOOP("errors", "Set a lower length of the longest example, or a larger context."),
)
EXAMPLE_UNUSABLE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "Example {number} can't be scored: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Prepare the data with the model that it is scored with."),
)
REFERENCE_UNUSABLE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The reference {path} can't be used: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Write it again with the model that it is compared with."),
)
