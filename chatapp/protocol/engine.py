"""The engine worker's language: commands are imperatives, events are past tense or nouns.

Every command but Cancel is a request: it is answered by any number of progress events and exactly one terminal
event with its request_id. Ready and Heartbeat belong to no request. Append-only: a change that old readers would
misread raises PROTOCOL_VERSION.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from chatapp.core.chat import ChatMessage, Role, WhenFull
from chatapp.core.comparison import ComparedPrompt
from chatapp.core.data_report import PreviewPiece
from chatapp.core.errors import ErrorInfo
from chatapp.core.examples import TokenizedExample, TrainingText
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.models import AdapterSpec, BackendInfo, LoadedModel, LoadSpec
from chatapp.core.prompt_token import PromptToken
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sandbox import SandboxReport
from chatapp.core.token_record import TokenRecord

PROTOCOL_VERSION = 9
HEARTBEAT_SECONDS = 0.5


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    pass


class LoadModel(_Envelope, frozen=True, kw_only=True):
    """Load a model file; one process loads one model in its life. Ends with Loaded or Failed."""

    request_id: int
    spec: LoadSpec


class ChatPrompt(_Envelope, frozen=True, kw_only=True):
    """Messages to be put in the model's chat template, or in the plain one.

    continues: the last message is a reply to be written on, not to be answered.
    """

    messages: tuple[ChatMessage, ...]
    when_full: WhenFull = WhenFull.STOP
    plain: bool = False
    continues: bool = False


class RawPrompt(_Envelope, frozen=True, kw_only=True):
    """Text to be continued as it is."""

    text: str


Prompt: TypeAlias = ChatPrompt | RawPrompt


def as_prompt(prompt: ComparedPrompt) -> Prompt:
    """What the lanes of a comparison are given."""
    if prompt.raw:
        return RawPrompt(text=prompt.text)
    first = (ChatMessage(role=Role.SYSTEM, text=prompt.system),) if prompt.system else ()
    return ChatPrompt(messages=(*first, ChatMessage(role=Role.USER, text=prompt.text)))


class Generate(_Envelope, frozen=True, kw_only=True):
    """Write one reply. Ends with Finished or Failed. state: a file of SaveState to go on from where that saves time;
    probs: how many alternatives each token's record has, 0: no records."""

    request_id: int
    prompt: Prompt
    sampling: SamplingSettings
    state: str = ""
    probs: int = 0


class ShowPrompt(_Envelope, frozen=True, kw_only=True):
    """Tell the tokens that Generate with this prompt would evaluate. Ends with PromptShown or Failed."""

    request_id: int
    prompt: Prompt
    max_tokens: int


class SaveState(_Envelope, frozen=True, kw_only=True):
    """Write what was evaluated to a file, for a later process to go on from; nothing where it is more than most_bytes.
    Ends with StateSaved or Failed."""

    request_id: int
    path: str
    most_bytes: int


class Score(_Envelope, frozen=True, kw_only=True):
    """Score the tokens of a text, given as bytes whose control tokens are plain text, or those of a prompt. Ends with
    Scored or Failed. probs: how many alternatives each token's record has."""

    request_id: int
    text: bytes | ChatPrompt
    probs: int = 0


class Explain(_Envelope, frozen=True, kw_only=True):
    """Tell the distribution of the step after `prompt` and the tokens `before`, and what `sampling` makes of it: xtc
    and mirostat, which draw by themselves, are left out. Ends with Explained or Failed.

    n_remembered: how many of the last of `before` the penalties and a grammar know of; token: the one the record is of,
    None for the likeliest; most: how many alternatives.
    """

    request_id: int
    prompt: Prompt
    before: tuple[int, ...] = ()
    n_remembered: int = 0
    sampling: SamplingSettings
    token: int | None = None
    most: int


class LaneStart(_Envelope, frozen=True, kw_only=True):
    """One lane of a comparison. number: what its events carry; before: the ids of tokens that it has written already,
    which are neither drawn nor told again."""

    number: int
    sampling: SamplingSettings
    before: tuple[int, ...] = ()


class Compare(_Envelope, frozen=True, kw_only=True):
    """Continue one prompt in several lanes. Each ends with LaneFinished or LaneFailed, then all with Compared; or with
    Failed alone. probs: as in Generate."""

    request_id: int
    prompt: Prompt
    lanes: tuple[LaneStart, ...]
    probs: int = 0


class CancelLane(_Envelope, frozen=True, kw_only=True):
    """End one lane of the named Compare soon, waiting or running."""

    request_id: int
    lane: int


class UseAdapters(_Envelope, frozen=True, kw_only=True):
    """From now on add these LoRA adapters to the loaded model, together and in place of those in use; () is the model
    alone. What was evaluated before is forgotten. Ends with AdaptersUsed or Failed, after which those before are still
    in use."""

    request_id: int
    adapters: tuple[AdapterSpec, ...]


class Tokenize(_Envelope, frozen=True, kw_only=True):
    """The tokens of texts as a trainer is given them, and which of them count. Ends with Tokenized or Failed. previews:
    of how many of the first texts the tokens are told as text too, the first preview_tokens of each."""

    request_id: int
    texts: tuple[TrainingText, ...]
    previews: int = 0
    preview_tokens: int = 0


class ScoreExamples(_Envelope, frozen=True, kw_only=True):
    """Score the counted tokens of examples, each by itself. reference: a .npy file of float32 log-probabilities, shape
    (rows, n_vocab), somebody else's for the first `rows` counted tokens in their order; "" for none. Ends with
    ExamplesScored or Failed."""

    request_id: int
    examples: tuple[TokenizedExample, ...]
    reference: str = ""


class QuantizeModel(_Envelope, frozen=True, kw_only=True):
    """Write the model in `source` to `target` in a type of general.file_type. Ends with ModelQuantized or Failed."""

    request_id: int
    source: str
    target: str
    file_type: int


class Cancel(_Envelope, frozen=True, kw_only=True):
    """End the named request soon, waiting or running; it still sends its own terminal event."""

    request_id: int


ForTraining: TypeAlias = Tokenize | ScoreExamples | QuantizeModel
Request: TypeAlias = (
    LoadModel | Generate | ShowPrompt | SaveState | Score | Explain | Compare | UseAdapters | ForTraining
)
Command: TypeAlias = Request | Cancel | CancelLane


class Ready(_Envelope, frozen=True, kw_only=True):
    """The worker's first word."""

    protocol: int
    pid: int
    version: str
    backend: BackendInfo
    sandbox: SandboxReport


class Heartbeat(_Envelope, frozen=True, kw_only=True):
    """Sent while a request is in work and nothing else was said for HEARTBEAT_SECONDS, from a thread of its own: a
    worker that says nothing for much longer does not run."""


class LoadProgress(_Envelope, frozen=True, kw_only=True):
    """fraction runs from 0 to 1."""

    request_id: int
    fraction: float


class Loaded(_Envelope, frozen=True, kw_only=True):
    """Terminal: the model decoded its first token."""

    request_id: int
    model: LoadedModel


class PromptProgress(_Envelope, frozen=True, kw_only=True):
    """`done` of `total` prompt tokens are evaluated; the oldest `left_out` messages did not fit."""

    request_id: int
    done: int
    total: int
    left_out: int = 0


class TokensEmitted(_Envelope, frozen=True, kw_only=True):
    """New tokens of a lane, and the text that is now certain to belong to it (stop strings are held back)."""

    request_id: int
    tokens: tuple[Token, ...]
    text: str
    lane: int = 0


class Finished(_Envelope, frozen=True, kw_only=True):
    """Terminal: the whole reply, equal to all `text` of its TokensEmitted in order.

    reproducible: a fresh process with the same settings and this seed would write the same tokens.
    """

    request_id: int
    text: str
    finish_reason: FinishReason
    seed: int
    reproducible: bool
    usage: Usage


class LaneFinished(_Envelope, frozen=True, kw_only=True):
    """A lane has ended. text: all of it, what it had before included; the rest is as in Finished."""

    request_id: int
    lane: int
    text: str
    finish_reason: FinishReason
    seed: int
    reproducible: bool
    usage: Usage


class LaneFailed(_Envelope, frozen=True, kw_only=True):
    """A lane can't go on; the others do."""

    request_id: int
    lane: int
    error: ErrorInfo


class Compared(_Envelope, frozen=True, kw_only=True):
    """Terminal: every lane has ended. n_tokens: drawn in all lanes together, in generate_ms milliseconds; together:
    whether they were decoded in one batch a step, which not every model can."""

    request_id: int
    n_tokens: int
    generate_ms: float
    together: bool


class PromptShown(_Envelope, frozen=True, kw_only=True):
    """Terminal: the whole prompt, and how many of the oldest messages did not fit; n_ctx: room for tokens."""

    request_id: int
    tokens: tuple[PromptToken, ...]
    left_out: int
    n_ctx: int


class StateSaved(_Envelope, frozen=True, kw_only=True):
    """Terminal: n_tokens are in the file; 0: it would have been too large."""

    request_id: int
    n_tokens: int
    size_bytes: int


class TokensScored(_Envelope, frozen=True, kw_only=True):
    """The next tokens of the text. The first has no record where nothing comes before it; what a record says of
    sampling is the model's own distribution."""

    request_id: int
    tokens: tuple[Token, ...]


class Scored(_Envelope, frozen=True, kw_only=True):
    """Terminal: n_tokens in the text, and the summed negative log-probability (nats) of the n_scored among them."""

    request_id: int
    n_tokens: int
    n_scored: int
    nll: float


class Explained(_Envelope, frozen=True, kw_only=True):
    """Terminal: the step. entropy_sampled: of what could be drawn, in nats; replayed: the row is not that of the
    reply's own step but has been computed again, now or before."""

    request_id: int
    record: TokenRecord
    entropy_sampled: float
    replayed: bool


class AdaptersUsed(_Envelope, frozen=True, kw_only=True):
    """Terminal. ms: what it took, most of it reading files that were not yet in memory."""

    request_id: int
    ms: float


class TrainingAnswer(_Envelope, frozen=True, kw_only=True):
    """The end of a request of ForTraining."""

    request_id: int


class Tokenized(TrainingAnswer, frozen=True, kw_only=True):
    """Terminal: an example for each text; without ids where the text has no tokens."""

    examples: tuple[TokenizedExample, ...]
    previews: tuple[tuple[PreviewPiece, ...], ...] = ()


class ExamplesScored(TrainingAnswer, frozen=True, kw_only=True):
    """Terminal: nll, the summed negative log-probability (nats) of the n_counted tokens of each example in order;
    kl_mean and kl_max: KL(reference || engine) in nats of n_compared tokens, 0 without a reference."""

    nll: tuple[float, ...]
    n_counted: tuple[int, ...]
    kl_mean: float = 0.0
    kl_max: float = 0.0
    n_compared: int = 0


class ModelQuantized(TrainingAnswer, frozen=True, kw_only=True):
    """The file is there."""


class Failed(_Envelope, frozen=True, kw_only=True):
    """Terminal: the request could not be done. request_id None: a command that could not even be read."""

    request_id: int | None
    error: ErrorInfo


Event: TypeAlias = (
    Ready
    | Heartbeat
    | LoadProgress
    | Loaded
    | PromptProgress
    | TokensEmitted
    | Finished
    | PromptShown
    | StateSaved
    | TokensScored
    | Scored
    | Explained
    | LaneFinished
    | LaneFailed
    | Compared
    | AdaptersUsed
    | Tokenized
    | ExamplesScored
    | ModelQuantized
    | Failed
)
