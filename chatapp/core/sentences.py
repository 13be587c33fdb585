"""Every known trouble, as a sentence with a way out. One place, so that all are translated and none is vague."""

from __future__ import annotations

from chatapp.core.errors import ErrorKind, Sentence
from chatapp.core.options import QT_TRANSLATE_NOOP

MODEL_MISSING = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "There is no file at {path}."),
    hint=QT_TRANSLATE_NOOP("errors", "Check the path, or choose another model on the Models page."),
)
MODEL_PATH_NOT_UTF8 = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "The path {path} has characters that are not valid UTF-8."),
    hint=QT_TRANSLATE_NOOP("errors", "Rename the file or its folder, then try again."),
)
MODEL_IS_FOLDER = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "{path} is a folder, not a model file."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose the .gguf file inside it."),
)
MODEL_NOT_A_FILE = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "{path} is a pipe or a device, not a model file."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose an ordinary .gguf file."),
)
MODEL_EMPTY = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "The file {path} is empty."),
    hint=QT_TRANSLATE_NOOP("errors", "Its download may have failed: fetch it again."),
)
MODEL_FOREIGN = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "{path} is not a GGUF file."),
    hint=QT_TRANSLATE_NOOP("errors", "chatapp reads models in the GGUF format; look for a file ending in .gguf."),
)
MODEL_TRUNCATED = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "The file {path} is cut short: {actual} of at least {expected} bytes are there."),
    hint=QT_TRANSLATE_NOOP("errors", "Its download or copy did not finish: fetch it again."),
)
MODEL_DAMAGED = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "The file {path} is damaged: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Fetch it again, and compare its checksum with the one the publisher gives."),
)
MODEL_UNREADABLE = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "The file {path} can't be read: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Check its permissions and that its disk is connected."),
)
MODEL_REFUSED = Sentence(
    kind=ErrorKind.MODEL_LOAD,
    text=QT_TRANSLATE_NOOP("errors", "llama.cpp can't load {path}: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose another model; this one is damaged or of a kind not supported yet."),
)
MODEL_NO_MEMORY = Sentence(
    kind=ErrorKind.MODEL_LOAD,
    text=QT_TRANSLATE_NOOP("errors", "There is not enough memory for a context of {n_ctx} tokens with {path}."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose a smaller context length in Settings, or a smaller model."),
)
NO_GPU = Sentence(
    kind=ErrorKind.MODEL_LOAD,
    text=QT_TRANSLATE_NOOP("errors", "{layers} layers were to go on a GPU, but this build of llama.cpp finds none."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Set the layers on the GPU to Auto or 0. The README tells how to build it for your graphics card."
    ),
)
OFFLOAD_FAILED = Sentence(
    kind=ErrorKind.MODEL_LOAD,
    text=QT_TRANSLATE_NOOP(
        "errors",
        "{layers} layers and a context of {n_ctx} tokens do not fit on the GPU: they need {needed}, {free} are free.",
    ),
    hint=QT_TRANSLATE_NOOP("errors", "What should fit: {ways}. The same options are in Settings."),
)
MODEL_CRASHED = Sentence(
    kind=ErrorKind.MODEL_LOAD,
    text=QT_TRANSLATE_NOOP("errors", "The model process stopped while loading {path}."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "The file may be damaged or need more memory than is free. Choose another model, a smaller context or fewer "
        "layers on the GPU.",
    ),
)
MODEL_NOT_TEXT = Sentence(
    kind=ErrorKind.MODEL_LOAD,
    text=QT_TRANSLATE_NOOP("errors", "{path} does not produce text (its architecture is {architecture})."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose a language model that generates text."),
)
MODEL_UNKNOWN = Sentence(
    kind=ErrorKind.MODEL_FILE,
    text=QT_TRANSLATE_NOOP("errors", "No model named {name} is in the library, and there is no such file."),
    hint=QT_TRANSLATE_NOOP("errors", "List what is there with: chatapp models list"),
)
NO_MODEL_INSTALLED = Sentence(
    kind=ErrorKind.NO_MODEL,
    text=QT_TRANSLATE_NOOP("errors", "No model is in the library yet."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Add a GGUF file on the Models page, or in a terminal: chatapp models add FILE.gguf"
    ),
)
OTHER_MODEL_WROTE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "This reply was written by another model: {path}."),
    hint=QT_TRANSLATE_NOOP("errors", "Load that model to try other settings."),
)
NO_MODEL_LOADED = Sentence(
    kind=ErrorKind.NO_MODEL,
    text=QT_TRANSLATE_NOOP("errors", "No model is loaded."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose a model at the top of the window."),
)
MODEL_CHANGED = Sentence(
    kind=ErrorKind.CANCELLED,
    text=QT_TRANSLATE_NOOP("errors", "The reply ended early because the model was changed."),
    hint=QT_TRANSLATE_NOOP("errors", "What was written is kept; you can ask again."),
)
REPLY_INTERRUPTED = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "This reply was not finished when chatapp last ended."),
    hint=QT_TRANSLATE_NOOP("errors", "What was written is kept; you can ask again."),
)
PROMPT_TOO_LONG = Sentence(
    kind=ErrorKind.CONTEXT_FULL,
    text=QT_TRANSLATE_NOOP(
        "errors", "The prompt has {needed} tokens; a context of {limit} has no room for it and a reply."
    ),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "Shorten it, start a new chat, choose a larger context length, or let Settings leave out the oldest messages.",
    ),
)
LANES_NOT_FITTING = Sentence(
    kind=ErrorKind.CONTEXT_FULL,
    text=QT_TRANSLATE_NOOP(
        "errors",
        "{lanes} lanes may need {needed} tokens with the prompt's {prompt}; the context has {n_ctx}, enough for "
        "{fitting} of them.",
    ),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Take fewer lanes, a lower reply length limit, or a larger context length in Settings."
    ),
)
LANES_OF_OTHER_MODEL = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "These lanes were begun by {model}, which is not the model in use."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose that model and resume, or run them anew; what is written stays."),
)
LANE_UNREADABLE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "In the lane {text!r} the part {part!r} can't be read."),
    hint=QT_TRANSLATE_NOOP("errors", "Write options with their values, for example temperature=0.7,top_p=0.9,seed=3."),
)
STATE_FILE_UNUSABLE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "{path} can't be used as a state file: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Go on with --resume and a file that --state wrote, or name a new file."),
)
TOO_MANY_LANES = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "{lanes} lanes are more than the {most} that are possible."),
    hint=QT_TRANSLATE_NOOP("errors", "Take fewer values; a sweep, which runs in batches, may have more lanes."),
)
STATE_NOT_SAVED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "What the model has read could not be kept in {path}: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Nothing is lost: it is read again when it is needed."),
)
PROMPT_EMPTY = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The prompt is empty."),
    hint=QT_TRANSLATE_NOOP("errors", "Write something first."),
)
LONE_SURROGATE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP(
        "errors", "The character at position {position} is incomplete (a lone surrogate) and can't be sent."
    ),
    hint=QT_TRANSLATE_NOOP("errors", "Delete or replace that character, then send again; nothing was lost."),
)
INPUT_NOT_UTF8 = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The text is not valid UTF-8 at byte {position}."),
    hint=QT_TRANSLATE_NOOP("errors", "Convert it to UTF-8 first, for example with iconv."),
)
INPUT_UNREADABLE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The file {path} can't be read: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Check the path and its permissions."),
)
OPTION_OUT_OF_RANGE = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "{name} can't be {value}."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose a value in this range: {allowed}."),
)
STOP_TEXT_EMPTY = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "A stop text can't be empty."),
    hint=QT_TRANSLATE_NOOP("errors", "Give at least one character, or leave it out."),
)
OUTPUT_FAILED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The output could not be written: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Check where it goes, then run the command again."),
)
TEMPLATE_FAILED = Sentence(
    kind=ErrorKind.TEMPLATE,
    text=QT_TRANSLATE_NOOP("errors", "The model's chat template can't be used: {reason}."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Choose Plain as chat template in Settings, or another model; chatapp generate has --raw."
    ),
)
CANCELLED = Sentence(
    kind=ErrorKind.CANCELLED,
    text=QT_TRANSLATE_NOOP("errors", "Cancelled."),
    hint=QT_TRANSLATE_NOOP("errors", "Start again whenever you like."),
)
REPLY_BUSY = Sentence(
    kind=ErrorKind.BUSY,
    text=QT_TRANSLATE_NOOP("errors", "Another reply is still being written."),
    hint=QT_TRANSLATE_NOOP("errors", "Wait for it, or stop it first; your text stays in the box."),
)
DECODE_FAILED = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "llama.cpp could not evaluate the next token: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Try again, or choose a smaller context length in Settings."),
)
WORKER_DIED = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The model process stopped unexpectedly ({outcome})."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "What was written is kept and the model is loaded again by itself; then ask again."
    ),
)
WORKER_ENDED = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The model process stopped unexpectedly ({outcome})."),
    hint=QT_TRANSLATE_NOOP("errors", "Run the command again; a smaller --ctx needs less memory."),
)
WORKER_STUCK = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The model process did not answer for {seconds} seconds and was ended."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "What was written is kept and the model is loaded again by itself; then ask again."
    ),
)
WORKER_SILENT = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The model process gave no sign of life for {seconds} seconds and was ended."),
    hint=QT_TRANSLATE_NOOP("errors", "Run the command again; a smaller --ctx needs less memory."),
)
WORKER_QUIET = Sentence(
    kind=ErrorKind.BUSY,
    text=QT_TRANSLATE_NOOP("errors", "The model is not responding."),
    hint=QT_TRANSLATE_NOOP(
        "errors",
        "Its process may be stopped, or the machine short of memory. If you wait it may go on by itself; a restart "
        "keeps what is written and loads the model again.",
    ),
)
WORKER_RESTARTED = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The reply ended early because the model did not respond and was restarted."),
    hint=QT_TRANSLATE_NOOP("errors", "What was written is kept; you can ask again."),
)
WORKER_NEVER_READY = Sentence(
    kind=ErrorKind.WORKER,
    text=QT_TRANSLATE_NOOP("errors", "The model process can't be started ({outcome})."),
    hint=QT_TRANSLATE_NOOP("errors", "Run chatapp selfcheck in a terminal to see what is missing."),
)
PROTOCOL_MISMATCH = Sentence(
    kind=ErrorKind.PROTOCOL,
    text=QT_TRANSLATE_NOOP("errors", "The model process speaks protocol {theirs}, this window speaks {ours}."),
    hint=QT_TRANSLATE_NOOP("errors", "Two versions of chatapp are mixed: install it again."),
)
PROTOCOL_BROKEN = Sentence(
    kind=ErrorKind.PROTOCOL,
    text=QT_TRANSLATE_NOOP("errors", "The model process sent something that can't be understood."),
    hint=QT_TRANSLATE_NOOP("errors", "Ask again; if it happens again, report it with the log."),
)
STORE_FAILED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "Reading or writing in {folder} failed: {reason}."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Check that the disk is not full and that the folder can be written, then try again."
    ),
)
DATA_FOLDER_UNUSABLE = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The data folder {folder} can't be used: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose another with --data-dir DIR, or make it writable."),
)
DATABASE_NEWER = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The chats in {folder} were written by a newer chatapp (format {theirs})."),
    hint=QT_TRANSLATE_NOOP("errors", "Install the newer version again, or choose another folder with --data-dir DIR."),
)
DATABASE_DAMAGED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The file of your chats in {folder} is damaged ({reason})."),
    hint=QT_TRANSLATE_NOOP(
        "errors", "Nothing in it was changed. To go on, move chatapp.sqlite3 out of that folder or use --data-dir DIR."
    ),
)
SETTINGS_SET_ASIDE = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "The settings file could not be read and was kept as {path}."),
    hint=QT_TRANSLATE_NOOP("errors", "The default settings are used; repair that file or set them anew."),
)
SETTINGS_VALUE_IGNORED = Sentence(
    kind=ErrorKind.STORAGE,
    text=QT_TRANSLATE_NOOP("errors", "Some settings had values out of range and were reset: {names}."),
    hint=QT_TRANSLATE_NOOP("errors", "The file as it was is kept as {path}; all other settings are as you left them."),
)
SECOND_INSTANCE = Sentence(
    kind=ErrorKind.BUSY,
    text=QT_TRANSLATE_NOOP("errors", "chatapp is already open with the data folder {folder}."),
    hint=QT_TRANSLATE_NOOP("errors", "Its window was brought to the front. For a second one: --data-dir DIR"),
)
INTERNAL_BUG = Sentence(
    kind=ErrorKind.BUG,
    text=QT_TRANSLATE_NOOP("errors", "Something went wrong inside chatapp ({reason})."),
    hint=QT_TRANSLATE_NOOP("errors", "Your chats are safe. Try again; if it happens again, report it with the log."),
)
CHAT_FILE_FOREIGN = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The file is no chat exported by chatapp: {reason}."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose a .json file made with Export. Nothing was imported."),
)
CHAT_FILE_NEWER = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "The chat in this file was exported by a newer chatapp (format {theirs})."),
    hint=QT_TRANSLATE_NOOP("errors", "Update chatapp, then import it again. Nothing was imported."),
)
BRANCH_IN_CHARACTER = Sentence(
    kind=ErrorKind.BAD_INPUT,
    text=QT_TRANSLATE_NOOP("errors", "This token is only a part of a character, so the reply can't go on with it."),
    hint=QT_TRANSLATE_NOOP("errors", "Choose another token."),
)
