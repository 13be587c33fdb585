"""An engine without a model that does what the prompt says. Run as a program it is a whole worker:

    python -m tests.fakes.scripted_engine [protocol number]

Prompts: "say WORDS", "slow N" (N tokens, 10 ms each), "hang" (deaf to cancel), "crash", "bug", "refuse",
"print TEXT" (to C's stdout), "adapters". Models: a path with "crash" in it kills the load, with "slow" takes a second.
"""

from __future__ import annotations

import ctypes
import math
import os
import re
import signal
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.data_report import PreviewPiece
from chatapp.core.errors import error
from chatapp.core.examples import TokenizedExample
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.model_sentences import ADAPTER_UNFIT, NOT_QUANTIZED
from chatapp.core.models import AdapterSpec, BackendInfo, LoadedModel, LoadSpec
from chatapp.core.prompt_token import PromptToken
from chatapp.core.sandbox import FileAccess, SandboxReport
from chatapp.core.sentences import CANCELLED, DECODE_FAILED, NO_MODEL_LOADED, TEMPLATE_FAILED
from chatapp.core.token_record import Alternatives, Candidate, TokenRecord
from chatapp.protocol import engine as protocol
from chatapp.protocol.engine import (
    AdaptersUsed,
    ChatPrompt,
    Compare,
    Compared,
    ExamplesScored,
    Explain,
    Explained,
    Finished,
    Generate,
    LaneFailed,
    LaneFinished,
    LaneStart,
    ModelQuantized,
    Prompt,
    PromptProgress,
    PromptShown,
    QuantizeModel,
    SaveState,
    Score,
    Scored,
    ScoreExamples,
    ShowPrompt,
    StateSaved,
    Tokenize,
    Tokenized,
    TokensEmitted,
    TokensScored,
    UseAdapters,
)
from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command
from chatapp.workers.engine import main as worker_main
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.parent import die_with_parent

LOGITS = ((b" one", 3.0), (b" two", 2.0), (b"", 1.0), (b"\xf0", 0.0), (b" three", -1.0))


class ScriptedEngine:
    """Implements workers.engine.engine.Engine."""

    def __init__(self, cancel: CancelFlag) -> None:
        self._cancel = cancel
        self._loaded = False
        self._adapters: tuple[AdapterSpec, ...] = ()

    def backend(self) -> BackendInfo:
        return BackendInfo(llama_cpp="scripted", system_info="", devices=(), gpu_offload=False)

    def load(self, spec: LoadSpec, progress: Callable[[float], None]) -> LoadedModel:
        if "crash" in spec.path:
            os.kill(os.getpid(), signal.SIGSEGV)
        for step in range(10):
            progress(step / 10)
            if "slow" in spec.path:
                time.sleep(0.1)
            if self._cancel.is_set():
                raise error(CANCELLED)
        self._loaded = True
        return LoadedModel(
            path=spec.path,
            architecture="scripted",
            description="scripted",
            n_ctx=spec.n_ctx or 100,
            n_ctx_train=100,
            n_vocab=10,
            n_params=1,
            n_threads=spec.n_threads or 1,
            n_gpu_layers=0,
            n_layers=1,
            has_chat_template=True,
            load_ms=1.0,
        )

    def generate(self, request: Generate) -> Iterator[PromptProgress | TokensEmitted | Finished]:
        if not self._loaded:
            raise error(NO_MODEL_LOADED)
        prompt = request.prompt
        text = prompt.messages[-1].text if isinstance(prompt, ChatPrompt) else prompt.text
        verb, _, rest = text.partition(" ")
        yield PromptProgress(request_id=request.request_id, done=1, total=1)
        said: list[str] = []
        reason = FinishReason.STOP
        for word in self._words(verb, rest):
            if self._cancel.is_set():
                reason = FinishReason.CANCELLED
                break
            piece = word if not said else f" {word}"
            record = _record(len(said), piece) if request.probs else None
            token = Token(lane=0, index=len(said), id=len(said), text=piece, data=piece.encode(), record=record)
            said.append(piece)
            yield TokensEmitted(request_id=request.request_id, tokens=(token,), text=piece)
        yield Finished(
            request_id=request.request_id,
            text="".join(said),
            finish_reason=reason,
            seed=request.sampling.seed or 7,
            reproducible=True,
            usage=Usage(
                prompt_tokens=1,
                cached_tokens=0,
                completion_tokens=len(said),
                prompt_ms=1.0,
                generate_ms=10.0,
                context_tokens=1 + len(said),
            ),
        )

    def compare(
        self, request: Compare
    ) -> Iterator[PromptProgress | TokensEmitted | LaneFinished | LaneFailed | Compared]:
        """What the prompt says, a word of each lane in turn. The word "lane" becomes the number of the lane; the first
        lane of "refuse ..." fails at once."""
        request_id = request.request_id
        verb, _, rest = _text_of(request.prompt).partition(" ")
        yield PromptProgress(request_id=request_id, done=1, total=1)
        live = {start.number: self._lane_tokens(verb, rest, start, request.probs) for start in request.lanes}
        texts = dict.fromkeys(live, "")
        seeds = {start.number: start.sampling.seed or 7 for start in request.lanes}
        if verb == "refuse":
            first = request.lanes[0].number
            del live[first]
            yield LaneFailed(request_id=request_id, lane=first, error=error(DECODE_FAILED, reason="scripted").info)
        n_tokens = 0
        while live:
            for number, tokens in list(live.items()):
                cancelled = self._cancel.is_set() or number in self._cancel.lanes
                token = None if cancelled else next(tokens, None)
                if token is None:
                    del live[number]
                    reason = FinishReason.CANCELLED if cancelled else FinishReason.STOP
                    yield _lane_finished(request_id, number, texts[number], reason, seeds[number])
                    continue
                n_tokens += 1
                texts[number] += token.text
                yield TokensEmitted(request_id=request_id, tokens=(token,), text=token.text, lane=number)
        yield Compared(request_id=request_id, n_tokens=n_tokens, generate_ms=10.0 * n_tokens, together=True)

    def _lane_tokens(self, verb: str, rest: str, start: LaneStart, probs: int) -> Iterator[Token]:
        for index, word in enumerate(self._words("say" if verb == "refuse" else verb, rest)):
            if index < len(start.before):
                continue
            piece = (" " if index else "") + (str(start.number) if word == "lane" else word)
            token = zlib.crc32(piece.encode()) % 800
            record = _record(token, piece) if probs else None
            yield Token(lane=start.number, index=index, id=token, text=piece, data=piece.encode(), record=record)

    def show_prompt(self, request: ShowPrompt) -> PromptShown:
        prompt = request.prompt
        text = prompt.messages[-1].text if isinstance(prompt, ChatPrompt) else prompt.text
        token = PromptToken(id=1, text=text, data=text.encode())
        return PromptShown(request_id=request.request_id, tokens=(token,), left_out=0, n_ctx=100)

    def save_state(self, request: SaveState) -> StateSaved:
        Path(request.path).write_text("state")
        return StateSaved(request_id=request.request_id, n_tokens=1, size_bytes=5)

    def use_adapters(self, request: UseAdapters) -> AdaptersUsed:
        """A path with "refuse" in it is refused, "crash" kills; "adapters" is then answered with the names in use."""
        for adapter in request.adapters:
            if "crash" in adapter.path:
                os.kill(os.getpid(), signal.SIGSEGV)
            if "refuse" in adapter.path:
                raise error(ADAPTER_UNFIT, path=adapter.path, reason="scripted")
        self._adapters = request.adapters
        return AdaptersUsed(request_id=request.request_id, ms=1.0)

    def quantize(self, request: QuantizeModel) -> ModelQuantized:
        data = Path(request.source).read_bytes()
        Path(request.target).write_bytes(data[:3])
        if b"unfit" in data:
            raise error(NOT_QUANTIZED, path=request.source, reason="scripted")
        Path(request.target).write_bytes(b"quantized")
        return ModelQuantized(request_id=request.request_id)

    def score(self, request: Score) -> Iterator[PromptProgress | TokensScored | Scored]:
        """A token for each word; the first of a text has no record. "slow ..." takes 20 ms a word."""
        text = request.text.decode() if isinstance(request.text, bytes) else request.text.messages[-1].text
        verb = text.partition(" ")[0]
        self._raise_by(verb)
        pieces = re.findall(r"\s*\S+|\s+$", text) if isinstance(request.text, bytes) else [text]
        first, scored = isinstance(request.text, bytes), 0
        for index, piece in enumerate(pieces):
            if verb == "slow":
                time.sleep(0.02)
            if self._cancel.is_set():
                raise error(CANCELLED)
            record = None if first and index == 0 else _record(index + 1, piece)
            scored += record is not None
            token = Token(lane=0, index=index, id=index + 1, text=piece, data=piece.encode(), record=record)
            yield PromptProgress(request_id=request.request_id, done=index, total=len(pieces))
            yield TokensScored(request_id=request.request_id, tokens=(token,))
        nll = scored * math.log(2.0)
        yield Scored(request_id=request.request_id, n_tokens=len(pieces), n_scored=scored, nll=nll)

    def tokenize(self, request: Tokenize) -> Tokenized:
        """A token for each word; those of replies count, and of a text all. "refuse ..." does not fit a template."""
        examples = []
        for text in request.texts:
            said = text.messages or (ChatMessage(role=Role.ASSISTANT, text=text.text),)
            if said[0].text.startswith("refuse"):
                raise error(TEMPLATE_FAILED, reason="scripted")
            if said[0].text.startswith("slow"):
                time.sleep(0.02)
            if self._cancel.is_set():
                raise error(CANCELLED)
            words = [(word, message.role is Role.ASSISTANT) for message in said for word in message.text.split()]
            ids = np.asarray([zlib.crc32(word.encode()) % 800 for word, _ in words], dtype="<i4")
            counted = bytes(int(counts and at > 0) for at, (_, counts) in enumerate(words))
            examples.append(TokenizedExample(ids=ids.tobytes(), counted=counted))
        preview = (PreviewPiece(text="scripted", counted=True, control=False),)
        previews = (preview,) * min(request.previews, len(examples))
        return Tokenized(request_id=request.request_id, examples=tuple(examples), previews=previews)

    def score_examples(self, request: ScoreExamples) -> Iterator[PromptProgress | ExamplesScored]:
        """log 2 for each token, half of it with an adapter."""
        n_counted = tuple(sum(example.counted) for example in request.examples)
        each = math.log(2.0) / (2 if self._adapters else 1)
        yield PromptProgress(request_id=request.request_id, done=0, total=1)
        yield ExamplesScored(
            request_id=request.request_id,
            nll=tuple(n * each for n in n_counted),
            n_counted=n_counted,
            kl_mean=0.001 if request.reference else 0.0,
            kl_max=0.01 if request.reference else 0.0,
            n_compared=sum(n_counted) if request.reference else 0,
        )

    def explain(self, request: Explain) -> Iterator[PromptProgress | Explained]:
        if self._cancel.is_set():
            raise error(CANCELLED)
        yield PromptProgress(request_id=request.request_id, done=1, total=2)
        yield self._explained(request)

    def explain_kept(self, request: Explain) -> Explained | None:
        """ "late ..." is never kept."""
        return None if _text_of(request.prompt).startswith("late") else self._explained(request)

    def _explained(self, request: Explain) -> Explained:
        """Logits of five tokens, one of them the end and one half a character."""
        self._raise_by(_text_of(request.prompt).partition(" ")[0])
        temperature = request.sampling.temperature
        weights = [math.exp(logit) for _, logit in LOGITS]
        scaled = [math.exp(logit / temperature) for _, logit in LOGITS]
        log_total = math.log(sum(weights))
        top = tuple(
            Candidate(id=at, data=data, logprob=logit - log_total, p_sampled=scaled[at] / sum(scaled))
            for at, (data, logit) in enumerate(LOGITS)
        )
        entropies = [-sum(w / sum(ws) * math.log(w / sum(ws)) for w in ws) for ws in (weights, scaled)]
        record = TokenRecord(
            logprob=top[0].logprob, entropy=entropies[0], rank=0, p_sampled=top[0].p_sampled,
            alternatives=Alternatives.of(top, log_total), others_p=0.0, others_p_sampled=0.0, log_total=log_total,
        )  # fmt: skip
        return Explained(request_id=request.request_id, record=record, entropy_sampled=entropies[1], replayed=False)

    def _raise_by(self, verb: str) -> None:
        if verb == "refuse":
            raise error(DECODE_FAILED, reason="scripted")
        if verb == "crash":
            os.kill(os.getpid(), signal.SIGABRT)

    def _words(self, verb: str, rest: str) -> Iterator[str]:
        match verb:
            case "say":
                yield from rest.split()
            case "slow":
                for number in range(int(rest)):
                    time.sleep(0.01)
                    yield str(number)
            case "hang":
                yield "stuck"
                while True:
                    time.sleep(0.05)
            case "crash":
                yield "last words"
                os.kill(os.getpid(), signal.SIGABRT)
            case "bug":
                raise ZeroDivisionError("scripted")
            case "refuse":
                raise error(DECODE_FAILED, reason="scripted")
            case "adapters":
                yield from [f"{Path(one.path).stem}={one.scale:g}" for one in self._adapters] or ["none"]
            case "print":
                ctypes.CDLL(None).puts(rest.encode())
                ctypes.CDLL(None).fflush(None)
                yield "printed"
            case _:
                yield "echo"


def _lane_finished(request_id: int, lane: int, text: str, reason: FinishReason, seed: int) -> LaneFinished:
    usage = Usage(
        prompt_tokens=1, cached_tokens=0, completion_tokens=1, prompt_ms=1.0, generate_ms=10.0, context_tokens=2
    )
    return LaneFinished(
        request_id=request_id, lane=lane, text=text, finish_reason=reason, seed=seed, reproducible=True, usage=usage
    )


def _text_of(prompt: Prompt) -> str:
    return prompt.messages[-1].text if isinstance(prompt, ChatPrompt) else prompt.text


def _record(token: int, piece: str) -> TokenRecord:
    """Half of it for what is said, a quarter for " or", which top_k cut, and a quarter for all others."""
    top = (
        Candidate(id=token, data=piece.encode(), logprob=math.log(0.5), p_sampled=1.0),
        Candidate(id=900, data=b" or", logprob=math.log(0.25), p_sampled=0.0, cut_by="top_k"),
    )
    return TokenRecord(
        logprob=math.log(0.5), entropy=1.0, rank=0, p_sampled=1.0, alternatives=Alternatives.of(top), others_p=0.25,
        others_p_sampled=0.0,
    )  # fmt: skip


def scripted_command(
    access: FileAccess | None = None, *, protocol_number: int = protocol.PROTOCOL_VERSION
) -> WorkerCommand:
    """Starts this file in place of the engine worker, without a sandbox."""
    del access
    real = worker_command(WorkerRole.ENGINE)
    return WorkerCommand(
        program=real.program,
        arguments=("-m", "tests.fakes.scripted_engine", str(protocol_number)),
        environment=real.environment,
        folder=real.folder,
    )


if __name__ == "__main__":
    die_with_parent()
    worker_main.PROTOCOL_VERSION = int(sys.argv[1])
    worker_main.run_worker(ScriptedEngine, SandboxReport(reason="scripted"))
