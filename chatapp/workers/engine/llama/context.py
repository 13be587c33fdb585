"""A context: the KV cache of a model and the evaluation of tokens in it."""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt

from chatapp.core.comparison import MOST_LANES
from chatapp.core.errors import AppError, error
from chatapp.core.models import LoadSpec
from chatapp.core.sentences import CANCELLED, DECODE_FAILED, MODEL_NO_MEMORY
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama import library
from chatapp.workers.engine.llama.model import Model
from chatapp.workers.engine.threads import AdaptiveThreads, default_threads

# The same tokens in another batch size run through other kernels and give other logits, so prompts are always cut
# at the same borders: every CHUNK tokens, counted from position 0.
CHUNK = 512
_PADDING = 256
# From this many cells on (in steps of _PADDING), flash attention on the CPU splits them among the threads when one
# token is evaluated, and the sum depends a little on how many threads there are.
_SPLIT_CELLS = 512
_ABORTED = 2
_MOST_ROWS = 64  # of which a view is kept: making one costs 30 us
_MAIN, _ASIDE, _FIRST_LANE = 0, 1, 2  # sequences
_KV_TYPES = {"f32": 0, "f16": 1, "q8_0": 8, "q4_0": 2}  # enum ggml_type


class Context:
    """One sequence of at most n_ctx tokens; `cached` holds the ids of those evaluated, `ends` how many there were after
    each call that evaluated them.

    n_threads: the most it computes with. as_usual: no logits since `begin` depend on there having been fewer.
    """

    def __init__(self, model: Model, spec: LoadSpec, *, n_ctx: int, cancel: CancelFlag) -> None:
        """spec.n_threads 0: as many as the machine has cores for just now. Raises AppError(MODEL_LOAD) where the cache
        does not fit in memory."""
        self._threads = AdaptiveThreads(default_threads()) if spec.n_threads == 0 else None
        self.n_threads = self._count = self._threads.most if self._threads is not None else spec.n_threads
        self.as_usual = True
        params = llama_cpp.llama_context_default_params()
        # llama.cpp pads the context but not the batch, which it cuts to n_ctx: a longer call then ends the process
        params.n_ctx = -(-n_ctx // _PADDING) * _PADDING
        params.n_batch = CHUNK
        params.n_ubatch = CHUNK
        params.n_threads = params.n_threads_batch = self.n_threads
        params.type_k = params.type_v = _KV_TYPES[spec.kv_type]
        if spec.kv_type == "f32":  # flash attention would compute with F16 all the same
            params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._rewinds = not (
            llama_cpp.llama_model_is_recurrent(model.handle) or llama_cpp.llama_model_is_hybrid(model.handle)
        )
        if self._rewinds:  # more sequences, in the same cells
            params.n_seq_max, params.kv_unified = _FIRST_LANE + MOST_LANES, True
        self._abort = library.strlen_callback()
        params.abort_callback = self._abort
        params.abort_callback_data = ctypes.c_void_p(cancel.address)
        self._model, self._params, self._path = model, params, spec.path
        self.n_ctx = n_ctx
        self.handle: Any = None
        self._open()
        self._n_vocab = model.vocabulary.n_tokens
        self._batch = llama_cpp.llama_batch_init(CHUNK, 0, 1)
        self._cancel = cancel
        self.n_ctx = int(llama_cpp.llama_n_ctx(self.handle))
        self.cached: list[int] = []
        self.ends: list[int] = []
        self._rows: dict[int, npt.NDArray[np.float32]] = {}
        self._n_swa = int(llama_cpp.llama_model_n_swa(model.handle))

    def _open(self) -> None:
        library.forget_errors()
        self.handle = llama_cpp.llama_init_from_model(self._model.handle, self._params)
        if not self.handle:
            detail = library.recent_errors()
            raise error(MODEL_NO_MEMORY, n_ctx=self.n_ctx, path=self._path, detail=detail)
        self._memory = llama_cpp.llama_get_memory(self.handle)

    def renew(self) -> None:
        """Clears it and gives back the buffer of logits, which otherwise keeps the size of the largest call. What was
        set on the handle, such as adapters, is gone. Raises AppError(MODEL_LOAD): it can then only be closed."""
        llama_cpp.llama_free(self.handle)
        self.handle = None
        self._forget_from(0)
        self._rows.clear()
        self._count = self.n_threads
        self._open()

    @property
    def n_past(self) -> int:
        """How many tokens are evaluated."""
        return len(self.cached)

    def begin(self) -> None:
        """Call before a request's first evaluation."""
        self.as_usual = True
        if self._threads is not None:
            self._threads.begin()

    def clear(self) -> None:
        """Forgets every token. What their cells hold is not wiped, as it is not when going back: nothing reads them."""
        llama_cpp.llama_memory_clear(self._memory, False)
        self._forget_from(0)

    def _forget_from(self, length: int) -> None:
        del self.cached[length:]
        del self.ends[bisect_right(self.ends, length) :]

    def rewind(self, length: int) -> bool:
        """Forgets all but the first `length` tokens; where the model can't do that, it forgets all: False.

        A recurrent state has no past to go back to. A sliding window may have dropped cells the tokens before
        `length` still need, and llama.cpp does not say so.
        """
        if length == self.n_past:
            return True
        if length > 0 and self._is_intact(length) and self._drop_from(length):
            self._forget_from(length)
            return True
        self.clear()
        return length == 0

    def _is_intact(self, length: int) -> bool:
        """Whether all cells are there that a token at the place `length` would look at."""
        oldest = int(llama_cpp.llama_memory_seq_pos_min(self._memory, _MAIN))
        return oldest == 0 or oldest <= length - self._n_swa

    def _drop_from(self, length: int) -> bool:
        return self._rewinds and bool(llama_cpp.llama_memory_seq_rm(self._memory, _MAIN, length, -1))

    def evaluate(self, tokens: Sequence[int], *, all_logits: bool = False) -> None:
        """Appends at most CHUNK tokens; the logits after the last of them, or after each, can then be read.

        Raises AppError(CANCELLED | WORKER); `cached` then tells what is still there.
        """
        try:
            self._decode(tokens, self.n_past, _MAIN, all_logits=all_logits)
        except AppError:
            if not self._drop_from(self.n_past):  # a part of the call may have been evaluated
                self.clear()
            raise
        self.cached += tokens
        self.ends.append(len(self.cached))

    def can_look_aside(self, length: int, n_more: int) -> bool:
        """Whether `look_aside` can be asked for `n_more` tokens behind the first `length`."""
        has_room = length <= self.n_past and self.n_past + n_more <= self.n_ctx
        return self._rewinds and has_room and self._is_intact(length)

    def go_on(self, calls: Iterable[Sequence[int]]) -> Iterator[Sequence[int]]:
        """Evaluates them one after another; yields each when the logits after its last token can be read."""
        for tokens in calls:
            self.evaluate(tokens)
            yield tokens

    def look_aside(self, length: int, calls: Iterable[Sequence[int]]) -> Iterator[Sequence[int]]:
        """The same behind the first `length` tokens, beside those that are there, which stay."""
        at = length
        llama_cpp.llama_memory_seq_cp(self._memory, _MAIN, _ASIDE, 0, length)
        try:
            for tokens in calls:
                self._decode(tokens, at, _ASIDE)
                at += len(tokens)
                yield tokens
        finally:
            llama_cpp.llama_memory_seq_rm(self._memory, _ASIDE, -1, -1)

    @property
    def has_lanes(self) -> bool:
        """Whether several replies can go on from the same cells; a recurrent state can't be shared in parts."""
        return self._rewinds

    def open_lane(self, lane: int, before: Sequence[int]) -> None:
        """A sequence of its own, numbered from 0, that shares all evaluated tokens; `before` is evaluated in it, and
        the logits after the last of those can then be read. Raises AppError(CANCELLED | WORKER)."""
        llama_cpp.llama_memory_seq_cp(self._memory, _MAIN, _FIRST_LANE + lane, -1, -1)
        for start in range(0, len(before), CHUNK):
            self._decode(before[start : start + CHUNK], self.n_past + start, _FIRST_LANE + lane)

    def evaluate_lanes(self, tokens: Sequence[tuple[int, int, int]]) -> None:
        """One call for (lane, place, token) of several lanes; `logits` can then be read at the place of each in
        `tokens`. Raises AppError(CANCELLED | WORKER): the lanes can then only be closed."""
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, (lane, place, token) in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = place
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = _FIRST_LANE + lane
            batch.logits[i] = True
        self._run(max(place for _, place, _ in tokens))

    def close_lane(self, lane: int) -> None:
        """Gives back the cells that were its own; harmless when it is not open."""
        llama_cpp.llama_memory_seq_rm(self._memory, _FIRST_LANE + lane, -1, -1)

    def _decode(self, tokens: Sequence[int], first: int, sequence: int, *, all_logits: bool = False) -> None:
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = first + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = sequence
            batch.logits[i] = all_logits
        batch.logits[len(tokens) - 1] = True
        self._run(first)

    def _run(self, n_before: int) -> None:
        """Evaluates the batch, with that many tokens before its first."""
        self._set_threads(self._batch.n_tokens, n_before)
        library.forget_errors()
        code = llama_cpp.llama_decode(self.handle, self._batch)
        if code == _ABORTED or (code != 0 and self._cancel.is_set()):
            raise error(CANCELLED)
        if code != 0:
            raise error(
                DECODE_FAILED,
                reason=library.reason(f"llama_decode gave {code}"),
                detail=library.recent_errors(),
            )

    def _set_threads(self, n_tokens: int, n_before: int) -> None:
        if self._threads is None:
            return
        count = self._threads.look()
        if count != self._count:
            llama_cpp.llama_set_n_threads(self.handle, count, count)
            self._count = count
        if count != self.n_threads and n_tokens == 1 and n_before >= _SPLIT_CELLS - _PADDING:
            self.as_usual = False

    def state_bytes(self) -> int:
        """How large `state` is."""
        return int(llama_cpp.llama_state_seq_get_size(self.handle, _MAIN))

    def state(self) -> bytearray:
        """The KV cache of all evaluated tokens in llama.cpp's own form."""
        size = self.state_bytes()
        data = bytearray(size)
        buffer = (ctypes.c_uint8 * size).from_buffer(data)
        written = int(llama_cpp.llama_state_seq_get_data(self.handle, buffer, size, _MAIN))
        del buffer  # it holds on to `data`, whose length can't change meanwhile
        del data[written:]
        return data

    def restore(self, state: bytearray, ids: Sequence[int]) -> bool:
        """Puts `state`, what `state()` gave for a context that held `ids`, in place of all; False: it is empty now."""
        self.clear()
        buffer = (ctypes.c_uint8 * len(state)).from_buffer(state)
        read = int(llama_cpp.llama_state_seq_set_data(self.handle, buffer, len(state), _MAIN))
        newest = int(llama_cpp.llama_memory_seq_pos_max(self._memory, _MAIN))
        if read != len(state) or newest != len(ids) - 1:
            self.clear()
            return False
        self.cached += ids
        self.ends += range(CHUNK, len(ids) + 1, CHUNK)  # as any call ends there; of the others nothing is known
        return True

    def logits(self, at: int = -1) -> npt.NDArray[np.float32]:
        """float32 (n_vocab,) after the last token evaluated, or after the one at place `at` of the last call: a view,
        valid until the next `evaluate`."""
        row = ctypes.cast(llama_cpp.llama_get_logits_ith(self.handle, at), ctypes.c_void_p).value or 0
        if row not in self._rows:
            if len(self._rows) >= _MOST_ROWS:
                self._rows.clear()
            self._rows[row] = np.ctypeslib.as_array((ctypes.c_float * self._n_vocab).from_address(row))
        return self._rows[row]

    def close(self) -> None:
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self.handle)
        self.handle = None
