"""The engine on llama.cpp: one model, one context, one reply at a time."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from chatapp.core.comparison import MOST_LANES
from chatapp.core.errors import AppError, error
from chatapp.core.model_file import remarks
from chatapp.core.model_sentences import ADAPTER_REFUSED
from chatapp.core.models import BackendInfo, LoadedModel, LoadSpec
from chatapp.core.prompt_token import PromptToken
from chatapp.core.sampling import MAX_SEED, SamplingSettings
from chatapp.core.sampling_sentences import BIAS_TOKEN_UNKNOWN
from chatapp.core.sentences import CANCELLED, MODEL_REFUSED, NO_MODEL_LOADED, OPTION_OUT_OF_RANGE, STATE_NOT_SAVED
from chatapp.protocol.engine import (
    AdaptersUsed,
    ChatPrompt,
    Compare,
    ExamplesScored,
    Explain,
    Explained,
    Finished,
    Generate,
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
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.constraint import constraint_of
from chatapp.workers.engine.llama import library, scoring
from chatapp.workers.engine.llama.adapters import Adapters, Chosen
from chatapp.workers.engine.llama.assembly import AssembledPrompt, PromptAssembler
from chatapp.workers.engine.llama.comparison import Comparison, LaneEvent, check_before, check_room, one_after_another
from chatapp.workers.engine.llama.context import CHUNK, Context
from chatapp.workers.engine.llama.example_scores import score_examples
from chatapp.workers.engine.llama.examples import ExampleTokenizer
from chatapp.workers.engine.llama.explain import Explanation, check_tokens
from chatapp.workers.engine.llama.generation import Generation
from chatapp.workers.engine.llama.lane import Lane
from chatapp.workers.engine.llama.loading import open_model
from chatapp.workers.engine.llama.model import Model
from chatapp.workers.engine.llama.prompt_memory import PromptMemory
from chatapp.workers.engine.llama.quantizing import quantize
from chatapp.workers.engine.llama.recording import Recording
from chatapp.workers.engine.llama.records import Recorder
from chatapp.workers.engine.llama.row_ring import RowRing
from chatapp.workers.engine.llama.saved_state import SavedState
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from chatapp.workers.engine.prompt import PLAIN_STOP
from chatapp.workers.engine.token_grammar import TokenGrammar

_MOST_LOGITS_BYTES = 128 << 20  # that llama.cpp may keep in a buffer from one request to the next
_NOT_FINITE = "its first token has no finite probabilities"
LEAST_CONTEXT = 64  # tokens; llama.cpp ends the process where it gets much less


class LlamaEngine:
    """Implements workers.engine.engine.Engine."""

    def __init__(self, cancel: CancelFlag) -> None:
        library.initialise()
        self._cancel = cancel
        self._model: Model | None = None
        self._context: Context | None = None
        self._memory = PromptMemory(0)

    def backend(self) -> BackendInfo:
        return library.backend_info()

    def load(self, spec: LoadSpec, progress: Callable[[float], None]) -> LoadedModel:
        started = time.perf_counter()
        if 0 < spec.n_ctx < LEAST_CONTEXT:
            raise error(OPTION_OUT_OF_RANGE, name="context", value=spec.n_ctx, allowed=f"{LEAST_CONTEXT} …")
        self._unload()
        model, context, n_gpu_layers = open_model(spec, self._cancel, progress)
        self._model, self._context = model, context
        self._adapters = Adapters(model)
        self._memory = PromptMemory(model.vocabulary.n_tokens)
        self._assembler = PromptAssembler(model.vocabulary, model.chat_template)
        self._fingerprint = f"{model.fingerprint} {context.n_ctx} {n_gpu_layers} {spec.kv_type}"
        try:
            self._put(context, self._adapters.chosen(spec.adapters))
            if not self._is_sound(model, context):
                raise error(MODEL_REFUSED, path=spec.path, reason=_NOT_FINITE)
        except AppError:
            self._unload()
            raise
        return LoadedModel(
            path=spec.path,
            architecture=model.header.facts().architecture,
            description=model.description,
            n_ctx=context.n_ctx,
            n_ctx_train=model.n_ctx_train,
            n_vocab=model.vocabulary.n_tokens,
            n_params=model.n_params,
            n_threads=context.n_threads,
            n_gpu_layers=n_gpu_layers,
            n_layers=model.n_layers,
            has_chat_template=model.chat_template is not None,
            load_ms=(time.perf_counter() - started) * 1000,
            remarks=remarks(spec.path, model.header),
        )

    def generate(self, request: Generate) -> Iterator[PromptProgress | TokensEmitted | Finished]:
        if self._model is None or self._context is None:
            raise error(NO_MODEL_LOADED)
        sampling = request.sampling
        grammar = self._grammar(self._model.vocabulary, sampling)
        assembled = self._assembler.assemble(request.prompt, n_ctx=self._context.n_ctx, max_tokens=sampling.max_tokens)
        if request.state:
            self._saved_state.restore(request.state, self._context, self._memory, assembled.ids)
        recording = self._recording(request.probs, self._rows)
        lane = self._lane(LaneStart(number=0, sampling=sampling), request.prompt, assembled.ids, grammar, recording)
        yield from self._reply(request, lane, assembled, recording).events()

    def compare(self, request: Compare) -> Iterator[LaneEvent]:
        if self._model is None or self._context is None:
            raise error(NO_MODEL_LOADED)
        vocabulary, n_ctx, starts = self._model.vocabulary, self._context.n_ctx, request.lanes
        if not 0 < len(starts) <= MOST_LANES:
            raise error(OPTION_OUT_OF_RANGE, name="lanes", value=len(starts), allowed=f"1 … {MOST_LANES}")
        check_tokens((token for start in starts for token in start.before), vocabulary)
        grammars = [self._grammar(vocabulary, start.sampling) for start in starts]
        most = max(start.sampling.max_tokens for start in starts)
        assembled = self._assembler.assemble(request.prompt, n_ctx=n_ctx, max_tokens=most)
        check_before([len(start.before) for start in starts], n_prompt=len(assembled.ids), n_ctx=n_ctx)
        if self._context.has_lanes:
            check_room([start.sampling.max_tokens for start in starts], n_prompt=len(assembled.ids), n_ctx=n_ctx)
        recording = self._recording(request.probs, None)  # the rows of a chat's reply stay
        lanes = [
            self._lane(start, request.prompt, assembled.ids, grammar, recording)
            for start, grammar in zip(starts, grammars, strict=True)
        ]
        if not self._context.has_lanes:
            replies = [self._reply(request, lane, assembled, recording) for lane in lanes]
            yield from one_after_another(request.request_id, replies)
            return
        yield from Comparison(
            request_id=request.request_id,
            context=self._context,
            memory=self._memory,
            cancel=self._cancel,
            prompt=assembled.ids,
            left_out=assembled.left_out,
            lanes=lanes,
            recording=recording,
        ).events()

    def show_prompt(self, request: ShowPrompt) -> PromptShown:
        if self._model is None or self._context is None:
            raise error(NO_MODEL_LOADED)
        n_ctx = self._context.n_ctx
        assembled = self._assembler.assemble(request.prompt, n_ctx=n_ctx, max_tokens=request.max_tokens)
        return PromptShown(
            request_id=request.request_id,
            tokens=self._assembler.tokens(assembled),
            left_out=assembled.left_out,
            n_ctx=n_ctx,
        )

    def save_state(self, request: SaveState) -> StateSaved:
        if self._context is None:
            raise error(NO_MODEL_LOADED)
        try:
            size = self._saved_state.save(request.path, self._context, self._memory, most_bytes=request.most_bytes)
        except OSError as problem:
            raise error(STATE_NOT_SAVED, path=request.path, reason=problem.strerror or problem) from problem
        return StateSaved(request_id=request.request_id, n_tokens=self._context.n_past if size else 0, size_bytes=size)

    def use_adapters(self, request: UseAdapters) -> AdaptersUsed:
        if self._model is None or self._context is None:
            raise error(NO_MODEL_LOADED)
        started = time.perf_counter()
        before, chosen = self._adapters.used, self._adapters.chosen(request.adapters)
        if chosen != before:
            self._put(self._context, chosen)
            try:
                self._prove_adapters(self._model, self._context, chosen)
            except AppError:
                self._put(self._context, before)
                raise
        self._adapters.free_idle()
        return AdaptersUsed(request_id=request.request_id, ms=(time.perf_counter() - started) * 1000)

    def score(self, request: Score) -> Iterator[PromptProgress | TokensScored | Scored]:
        if self._model is None or self._context is None:
            raise error(NO_MODEL_LOADED)
        vocabulary, text = self._model.vocabulary, request.text
        tokens: Sequence[PromptToken]
        if isinstance(text, ChatPrompt):
            assembled = self._assembler.assemble(text, n_ctx=self._context.n_ctx, max_tokens=1)
            tokens, n_before = self._assembler.tokens(assembled), 0
        else:
            tokens, n_before = scoring.tokens_of(text, vocabulary)
        scored: Scored | None = None
        has_begun = False  # what is refused leaves the chat what it has read
        try:
            for event in scoring.score(request, tokens, n_before, self._context, vocabulary, self._cancel):
                if not has_begun:
                    has_begun = True
                    self._memory.forget()
                if isinstance(event, Scored):
                    scored = event  # told when the context is in order again, which can fail
                else:
                    yield event
        finally:
            if has_begun:
                self._give_back(self._context, len(tokens))
        if scored is not None:
            yield scored

    def tokenize(self, request: Tokenize) -> Tokenized:
        if self._model is None:
            raise error(NO_MODEL_LOADED)
        tokenizer, examples = ExampleTokenizer(self._model.vocabulary, self._assembler), []
        for text in request.texts:
            if self._cancel.is_set():
                raise error(CANCELLED)
            examples.append(tokenizer.tokenized(text))
        shown = [tokenizer.preview(example, request.preview_tokens) for example in examples[: request.previews]]
        return Tokenized(request_id=request.request_id, examples=tuple(examples), previews=tuple(shown))

    def score_examples(self, request: ScoreExamples) -> Iterator[PromptProgress | ExamplesScored]:
        if self._model is None or self._context is None:
            raise error(NO_MODEL_LOADED)
        scored: ExamplesScored | None = None
        self._memory.forget()
        try:
            for event in score_examples(request, self._context, self._model.vocabulary.n_tokens, self._cancel):
                if isinstance(event, ExamplesScored):
                    scored = event  # told when the context is in order again, which can fail
                else:
                    yield event
        finally:
            self._give_back(self._context, max((len(each.counted) for each in request.examples), default=0))
        if scored is not None:
            yield scored

    def quantize(self, request: QuantizeModel) -> ModelQuantized:
        return quantize(request)

    def explain(self, request: Explain) -> Iterator[PromptProgress | Explained]:
        explanation = self._explanation(request)
        kept = explanation.kept()
        if kept is not None:
            yield kept
        else:
            assert self._context is not None
            yield from explanation.replayed(self._context, self._memory, self._cancel)

    def explain_kept(self, request: Explain) -> Explained | None:
        return self._explanation(request).kept()

    def _explanation(self, request: Explain) -> Explanation:
        if self._model is None or self._context is None:
            raise error(NO_MODEL_LOADED)
        sampling, vocabulary = request.sampling, self._model.vocabulary
        assembled = self._assembler.assemble(request.prompt, n_ctx=self._context.n_ctx, max_tokens=sampling.max_tokens)
        return Explanation(
            request=request,
            prompt=assembled.ids,
            grammar=self._grammar(vocabulary, sampling),
            vocabulary=vocabulary,
            rows=self._rows,
        )

    def _recording(self, probs: int, rows: RowRing | None) -> Recording | None:
        """probs: see Generate; rows: see Recording."""
        assert self._model is not None
        return Recording(Recorder(self._model.vocabulary, probs), rows) if probs else None

    def _lane(
        self,
        start: LaneStart,
        prompt: Prompt,
        ids: Sequence[int],
        grammar: TokenGrammar | None,
        recording: Recording | None,
    ) -> Lane:
        """ids: those of the prompt."""
        assert self._model is not None
        assert self._context is not None
        sampling = start.sampling
        return Lane(
            number=start.number,
            prompt=ids,
            before=start.before,
            vocabulary=self._model.vocabulary,
            sampling=sampling,
            seed=sampling.seed if sampling.seed is not None else secrets.randbelow(MAX_SEED + 1),
            stop=(*sampling.stop, *PLAIN_STOP) if self._assembler.is_plain(prompt) else sampling.stop,
            grammar=grammar,
            limit=min(sampling.max_tokens, self._context.n_ctx - len(ids)),
            recording=recording,
        )

    def _reply(
        self, request: Generate | Compare, lane: Lane, assembled: AssembledPrompt, recording: Recording | None
    ) -> Generation:
        assert self._context is not None
        return Generation(
            request_id=request.request_id,
            context=self._context,
            memory=self._memory,
            cancel=self._cancel,
            prompt=[*assembled.ids, *lane.ids],
            left_out=assembled.left_out,
            lane=lane,
            recording=recording,
        )

    def _grammar(self, vocabulary: Vocabulary, sampling: SamplingSettings) -> TokenGrammar | None:
        """Raises AppError(BAD_INPUT) also for a bias on a token that the model does not have."""
        last = vocabulary.n_tokens - 1
        for entry in sampling.logit_bias:
            if entry.token > last:
                raise error(BIAS_TOKEN_UNKNOWN, token=entry.token, last=last)
        constraint = constraint_of(sampling)
        return TokenGrammar(constraint, vocabulary.table) if constraint is not None else None

    def _put(self, context: Context, chosen: Chosen) -> None:
        """Nothing that was computed with other adapters is used again."""
        assert self._model is not None
        context.clear()
        self._memory.forget()
        self._rows = RowRing(self._model.vocabulary.n_tokens)
        self._adapters.use(context, chosen)
        self._saved_state = SavedState(f"{self._fingerprint} {self._adapters.fingerprint}", self._cancel)

    def _give_back(self, context: Context, n_tokens: int) -> None:
        """The buffer of logits of a text of that many tokens, where it is large."""
        assert self._model is not None
        if min(n_tokens, CHUNK) * self._model.vocabulary.n_tokens * 4 > _MOST_LOGITS_BYTES:
            self._renew(context)

    def _renew(self, context: Context) -> None:
        try:
            context.renew()
        except AppError:
            self._unload()
            raise
        self._adapters.use(context, self._adapters.used)

    def _prove_adapters(self, model: Model, context: Context, chosen: Chosen) -> None:
        """Those that are new. Raises AppError."""
        unproven = [held for held, _ in chosen if not held.is_proven]
        if unproven and not self._is_sound(model, context):
            raise error(ADAPTER_REFUSED, path=unproven[-1].path, reason=_NOT_FINITE)
        for held in unproven:
            held.is_proven = True

    def _is_sound(self, model: Model, context: Context) -> bool:
        """Whether a token decoded now has finite probabilities: damaged weights show themselves here and not in the
        middle of a chat."""
        context.evaluate((max(model.vocabulary.bos, 0),))
        is_sound = bool(np.isfinite(context.logits()).all())
        context.clear()
        return is_sound

    def _unload(self) -> None:
        if self._context is not None:
            self._context.close()
        if self._model is not None:
            self._model.close()
        self._model = self._context = None
