"""The engine on llama.cpp: one model, one context, one reply at a time."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator

import numpy as np

from chatapp.core.chat import checked_text
from chatapp.core.errors import AppError, error
from chatapp.core.models import BackendInfo, LoadedModel, LoadSpec
from chatapp.core.sampling import MAX_SEED
from chatapp.core.sentences import MODEL_REFUSED, NO_MODEL_LOADED, OPTION_OUT_OF_RANGE, PROMPT_EMPTY
from chatapp.protocol.engine import (
    ChatPrompt,
    Finished,
    Generate,
    Prompt,
    PromptProgress,
    RawPrompt,
    Score,
    Scored,
    TokensEmitted,
    TokensScored,
)
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama import library, scoring
from chatapp.workers.engine.llama.context import Context
from chatapp.workers.engine.llama.generation import Generation
from chatapp.workers.engine.llama.model import Model
from chatapp.workers.engine.llama.prompt_memory import PromptMemory
from chatapp.workers.engine.prompt import PLAIN_STOP, PLAIN_TEMPLATE, render_chat
from chatapp.workers.engine.threads import default_threads

LEAST_CONTEXT = 64  # tokens; llama.cpp ends the process where it gets much less
AUTOMATIC_CONTEXT = 8192  # tokens; more only on request, since the KV cache grows with it


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
        model = Model(spec, self._cancel, progress)
        try:
            n_ctx = spec.n_ctx or min(model.n_ctx_train, AUTOMATIC_CONTEXT)
            n_threads = spec.n_threads or default_threads()
            context = Context(model, n_ctx=n_ctx, n_threads=n_threads, cancel=self._cancel, path=spec.path)
        except AppError:
            model.close()
            raise
        self._model, self._context = model, context
        self._memory = PromptMemory(model.vocabulary.n_tokens)
        self._prove(spec)
        return LoadedModel(
            path=spec.path,
            architecture=model.header.facts().architecture,
            description=model.description,
            n_ctx=context.n_ctx,
            n_ctx_train=model.n_ctx_train,
            n_vocab=model.vocabulary.n_tokens,
            n_params=model.n_params,
            n_threads=n_threads,
            n_gpu_layers=spec.n_gpu_layers,
            has_chat_template=model.chat_template is not None,
            load_ms=(time.perf_counter() - started) * 1000,
        )

    def generate(self, request: Generate) -> Iterator[PromptProgress | TokensEmitted | Finished]:
        if self._model is None or self._context is None:
            raise error(NO_MODEL_LOADED)
        sampling = request.sampling
        seed = sampling.seed if sampling.seed is not None else secrets.randbelow(MAX_SEED + 1)
        chat_without_template = isinstance(request.prompt, ChatPrompt) and self._model.chat_template is None
        yield from Generation(
            request_id=request.request_id,
            context=self._context,
            memory=self._memory,
            vocabulary=self._model.vocabulary,
            cancel=self._cancel,
            prompt=self._ids(self._model, request.prompt),
            sampling=sampling,
            seed=seed,
            stop=(*sampling.stop, *PLAIN_STOP) if chat_without_template else sampling.stop,
        ).events()

    def score(self, request: Score) -> Iterator[PromptProgress | TokensScored | Scored]:
        if self._model is None or self._context is None:
            raise error(NO_MODEL_LOADED)
        self._memory.forget()
        yield from scoring.score(request, self._context, self._model.vocabulary, self._cancel)

    def _prove(self, spec: LoadSpec) -> None:
        """Decodes one token: damaged weights show themselves here and not in the middle of a chat."""
        assert self._model is not None
        assert self._context is not None
        first = self._model.vocabulary.bos if self._model.vocabulary.bos >= 0 else 0
        try:
            self._context.evaluate((first,))
            if not np.isfinite(self._context.logits()).all():
                raise error(MODEL_REFUSED, path=spec.path, reason="its first token has no finite probabilities")
            self._context.clear()
        except AppError:
            self._unload()
            raise

    def _unload(self) -> None:
        if self._context is not None:
            self._context.close()
        if self._model is not None:
            self._model.close()
        self._model = self._context = None

    def _ids(self, model: Model, prompt: Prompt) -> list[int]:
        vocabulary = model.vocabulary
        match prompt:
            case RawPrompt(text=text):
                ids = vocabulary.tokenize(checked_text(text), special=False)
            case ChatPrompt(messages=messages):
                for message in messages:
                    checked_text(message.text)
                parts = render_chat(
                    model.chat_template or PLAIN_TEMPLATE,
                    messages,
                    bos=vocabulary.control_text(vocabulary.bos),
                    eos=vocabulary.control_text(vocabulary.eos),
                )
                ids = [i for part in parts for i in part.ids or vocabulary.tokenize(part.text, special=part.special)]
        if vocabulary.adds_bos and ids[:1] != [vocabulary.bos]:
            ids.insert(0, vocabulary.bos)
        if not ids:
            raise error(PROMPT_EMPTY)
        return ids
