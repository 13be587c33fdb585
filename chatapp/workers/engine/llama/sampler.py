"""The sampler chain: llama.cpp's samplers, applied one by one to our own candidates in the order of
core.sampling.SAMPLER_ORDER, and a grammar by rejection."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt

from chatapp.core.errors import error
from chatapp.core.logits import best_logit
from chatapp.core.sampling import DRY_WINDOW, MIROSTAT_ORDER, PENALTY_WINDOW, SAMPLER_ORDER, SamplingSettings
from chatapp.core.sampling_sentences import GRAMMAR_DEAD_END
from chatapp.workers.engine.token_grammar import TokenGrammar

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])  # llama_token_data
_MIN_KEEP = 1  # a cutting sampler leaves at least the most likely token
_MARGINS = (np.float32(10.0), np.float32(15.0), np.float32(20.0))  # below the best logit the top k are looked for
_MIROSTAT_LOOK = 100  # tokens by which version 1 estimates the shape of the distribution, as in its paper
_DRY_BREAKERS = (b"\n", b":", b'"', b"*")  # llama.cpp's own
_MOST_REFUSALS = 64  # draws that a grammar may refuse before it is asked what it allows
_REMEMBERING = ("penalties", "dry")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """vocab: llama.cpp's handle, None where nothing asks the vocabulary."""

    seed: int
    n_vocab: int
    vocab: Any


def _logit_bias(settings: SamplingSettings, around: _Surroundings) -> Any:
    if not settings.logit_bias:
        return None
    biases = (llama_cpp.llama_logit_bias * len(settings.logit_bias))()
    for place, entry in enumerate(settings.logit_bias):
        biases[place].token, biases[place].bias = entry.token, entry.bias
    return llama_cpp.llama_sampler_init_logit_bias(around.n_vocab, len(biases), biases)


def _penalties(settings: SamplingSettings, around: _Surroundings) -> Any:
    repeat, frequency, presence = settings.repeat_penalty, settings.frequency_penalty, settings.presence_penalty
    if (repeat, frequency, presence) == (1.0, 0.0, 0.0):
        return None
    return llama_cpp.llama_sampler_init_penalties(around.n_vocab, PENALTY_WINDOW, repeat, frequency, presence)


def _dry(settings: SamplingSettings, around: _Surroundings) -> Any:
    if settings.dry_multiplier == 0.0:
        return None
    breakers = (ctypes.c_char_p * len(_DRY_BREAKERS))(*_DRY_BREAKERS)
    return llama_cpp.llama_sampler_init_dry(
        around.vocab,
        settings.dry_multiplier,
        settings.dry_base,
        settings.dry_allowed_length,
        DRY_WINDOW,
        breakers,
        len(breakers),
    )


def _xtc(settings: SamplingSettings, around: _Surroundings) -> Any:
    if settings.xtc_probability == 0.0:
        return None
    return llama_cpp.llama_sampler_init_xtc(settings.xtc_probability, settings.xtc_threshold, _MIN_KEEP, around.seed)


def _temperature(settings: SamplingSettings, _around: _Surroundings) -> Any:
    if settings.dynatemp > 0.0 and settings.temperature > 0.0:
        return llama_cpp.llama_sampler_init_temp_ext(settings.temperature, settings.dynatemp, 1.0)
    return llama_cpp.llama_sampler_init_temp(settings.temperature) if settings.temperature != 1.0 else None


def _draw(settings: SamplingSettings, around: _Surroundings) -> Any:
    if settings.temperature == 0.0:
        return llama_cpp.llama_sampler_init_greedy()
    return llama_cpp.llama_sampler_init_dist(around.seed)


def _mirostat(settings: SamplingSettings, around: _Surroundings) -> Any:
    tau, eta = settings.mirostat_tau, settings.mirostat_eta
    if settings.mirostat == "1":
        return llama_cpp.llama_sampler_init_mirostat(around.n_vocab, around.seed, tau, eta, _MIROSTAT_LOOK)
    return llama_cpp.llama_sampler_init_mirostat_v2(around.seed, tau, eta)


# None: this sampler changes nothing with these settings and is left out of the chain.
_MAKERS: dict[str, Callable[[SamplingSettings, _Surroundings], Any]] = {
    "logit_bias": _logit_bias,
    "penalties": _penalties,
    "dry": _dry,
    "top_n_sigma": lambda s, _: llama_cpp.llama_sampler_init_top_n_sigma(s.top_n_sigma) if s.top_n_sigma > 0 else None,
    "top_k": lambda s, _: llama_cpp.llama_sampler_init_top_k(s.top_k) if s.top_k > 0 else None,
    "typical": lambda s, _: llama_cpp.llama_sampler_init_typical(s.typical, _MIN_KEEP) if s.typical < 1.0 else None,
    "top_p": lambda s, _: llama_cpp.llama_sampler_init_top_p(s.top_p, _MIN_KEEP) if s.top_p < 1.0 else None,
    "min_p": lambda s, _: llama_cpp.llama_sampler_init_min_p(s.min_p, _MIN_KEEP) if s.min_p > 0.0 else None,
    "xtc": _xtc,
    "temperature": _temperature,
    "draw": _draw,
    "mirostat": _mirostat,
}


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of a watched chain, its own copy. near: ids, ascending, of all whose logit is above some bound, None
    where they were not needed; left: (id, logit, p) of the candidates that were left, p the probability each was drawn
    with; cuts: (name, ids left) of each sampler that cut something."""

    token: int
    is_greedy: bool
    near: npt.NDArray[np.intp] | None
    left: npt.NDArray[np.void]
    cuts: Sequence[tuple[str, npt.NDArray[np.int32]]]


class SamplerChain:
    """Draws tokens with one lane's settings.

    samplers: (name, llama.cpp's sampler) in the order they are applied to the candidates; the last of them draws.
    watched: whether it is noted who cut what.
    """

    def __init__(
        self,
        settings: SamplingSettings,
        *,
        seed: int,
        n_vocab: int,
        vocab: Any = None,
        grammar: TokenGrammar | None = None,
    ) -> None:
        self._candidates = np.zeros(n_vocab, dtype=_CANDIDATE)
        self._address = self._candidates.ctypes.data
        self._id, self._logit, self._p = (self._candidates[name] for name in ("id", "logit", "p"))
        self._ids = np.arange(n_vocab, dtype=np.int32)
        self._array = llama_cpp.llama_token_data_array()
        self._reference = ctypes.byref(self._array)
        self._data = self._candidates.ctypes.data_as(llama_cpp.llama_token_data_p)
        self._grammar = grammar
        self.samplers: list[tuple[str, Any]] = []
        self.watched = False
        self._cuts: list[tuple[str, npt.NDArray[np.int32]]] = []
        self._token = -1
        self._near_ids: npt.NDArray[np.intp] | None = None
        self.is_greedy = settings.temperature == 0.0
        around = _Surroundings(seed=seed, n_vocab=n_vocab, vocab=vocab)
        by_mirostat = settings.mirostat != "0" and settings.temperature > 0.0
        for name in MIROSTAT_ORDER if by_mirostat else SAMPLER_ORDER:
            sampler = _MAKERS[name](settings, around) if name in _MAKERS else None
            if sampler:
                self.samplers.append((name, sampler))
        self._cutting = self.samplers[:-1]
        self._remembering = [sampler for name, sampler in self.samplers if name in _REMEMBERING]
        # these cut by a logit of -inf, others take candidates away
        self._masking = ("top_n_sigma", *(("temperature",) if settings.temperature <= settings.dynatemp else ()))
        self._learns = by_mirostat  # from each draw, so that none may be taken back
        self._top_k = settings.top_k if self.samplers[0][0] == "top_k" else 0  # 0: another needs all candidates

    @property
    def candidates(self) -> npt.NDArray[np.void]:
        """(id, logit, p) of those left; after the draw p is the probability each was drawn with. A view."""
        return self._candidates[self._left()]

    def _left(self) -> slice:
        moved = ctypes.addressof(self._array.data.contents) - self._address  # XTC cuts the first so
        first = moved // _CANDIDATE.itemsize
        return slice(first, first + self._array.size)

    def draw(self, logits: npt.NDArray[np.float32]) -> int:
        """The next token id, drawn from `logits`, float32 (n_vocab,), and remembered for the penalties.

        Raises AppError where no token can be drawn.
        """
        best = best_logit(logits)
        token = self._draw(logits, best) if self._grammar is None else self._draw_allowed(self._grammar, logits, best)
        for sampler in self._remembering:
            llama_cpp.llama_sampler_accept(sampler, token)
        self._token = token
        return token

    def last_draw(self) -> Draw:
        return Draw(self._token, self.is_greedy, self._near_ids, self.candidates.copy(), self._cuts)

    def remember(self, token: int) -> None:
        """As if it had been drawn."""
        for sampler in self._remembering:
            llama_cpp.llama_sampler_accept(sampler, token)
        if self._grammar is not None and self._grammar.allows(token):
            self._grammar.accept(token)

    def _draw(self, logits: npt.NDArray[np.float32], best: np.float32) -> int:
        self._cut(logits, best)
        return self._drawn()

    def _draw_allowed(self, grammar: TokenGrammar, logits: npt.NDArray[np.float32], best: np.float32) -> int:
        """Draws until the grammar allows it; where it refuses all that is left, from all that it allows.

        A refused token is taken away before the next draw: the same as drawing from those the grammar leaves.
        """
        token = None if self._learns else self._draw_unrefused(grammar, logits, best)
        if token is None:
            allowed = grammar.best_allowed(logits)
            if not len(allowed):
                raise error(GRAMMAR_DEAD_END)
            self._fill(allowed, logits[allowed])
            if self.watched:
                self._note_cut("grammar")
            self._apply_cutting()
            token = self._drawn()
        elif self.watched and not self.is_greedy:
            self._count_forbidden(grammar)
        grammar.accept(token)
        return token

    def _draw_unrefused(self, grammar: TokenGrammar, logits: npt.NDArray[np.float32], best: np.float32) -> int | None:
        """None: the grammar refuses all that the samplers leave."""
        self._cut(logits, best)
        left = self.candidates
        count = int(np.count_nonzero(left["logit"] > -np.inf))
        for _ in range(min(_MOST_REFUSALS, count)):
            token = self._drawn()
            if grammar.allows(token):
                return token
            left["logit"][self._array.selected] = -np.inf
            self._array.sorted = False
        if count > _MOST_REFUSALS and self._take_away_forbidden(grammar):
            return self._drawn()
        return None

    def _take_away_forbidden(self, grammar: TokenGrammar) -> int:
        """How many are left."""
        left = self.candidates
        places = np.flatnonzero(left["logit"] > -np.inf)
        allowed = grammar.allowed_among(left["id"][places])
        left["logit"][places[~allowed]] = -np.inf
        return int(np.count_nonzero(allowed))

    def _count_forbidden(self, grammar: TokenGrammar) -> None:
        """After the draw: p is then what it is in all draws together, those that no draw has met being refused too."""
        drawn, left = self._array.selected, self.candidates
        logit = left["logit"][drawn]
        self._take_away_forbidden(grammar)
        left["logit"][drawn] = logit
        left["p"][left["logit"] == -np.inf] = 0.0
        left["p"] /= left["p"].sum(dtype=np.float64)
        self._note_cut("grammar")

    def _cut(self, logits: npt.NDArray[np.float32], best: np.float32) -> None:
        """Makes the candidates, in the order of their ids, and leaves those that may be drawn."""
        self._near_ids = self._near(logits, best) if self._top_k else None
        if self._near_ids is not None:
            self._fill(self._near_ids, logits[self._near_ids])
            if self.watched and len(self._near_ids) == self._top_k:
                self._note_cut("top_k")  # which finds nothing more to cut
        else:
            self._fill(self._ids, logits)
        self._apply_cutting()

    def _fill(self, ids: npt.NDArray[np.signedinteger], logits: npt.NDArray[np.float32]) -> None:
        size = len(ids)
        self._id[:size] = ids
        self._logit[:size] = logits
        self._p[:size] = 0.0
        array = self._array
        array.data, array.size, array.selected, array.sorted = self._data, size, -1, False
        self._cuts = []

    def _apply_cutting(self) -> None:
        for name, sampler in self._cutting:
            self._apply(name, sampler)

    def _apply(self, name: str, sampler: Any) -> None:
        before = self._array.size
        llama_cpp.llama_sampler_apply(sampler, self._reference)
        if self.watched and (self._array.size < before or name in self._masking):
            self._note_cut(name)

    def _note_cut(self, name: str) -> None:
        left = self._left()
        is_masked = name in self._masking or name == "grammar"
        self._cuts.append((name, self._id[left][self._logit[left] > -np.inf] if is_masked else self._id[left].copy()))

    def _drawn(self) -> int:
        self._apply(*self.samplers[-1])
        return int(self._array.data[self._array.selected].id)

    def _near(self, logits: npt.NDArray[np.float32], best: np.float32) -> npt.NDArray[np.intp] | None:
        """The places of all logits above some margin below the best, the top k among them; None: the margin would have
        to be wide.

        Few calls matter here: with the caches full of weights, each function of numpy costs 10 to 40 us, whatever it
        does.
        """
        for margin in _MARGINS:
            near = np.flatnonzero(logits > best - margin)
            if len(near) >= self._top_k:
                return near
        return None

    def close(self) -> None:
        for _, sampler in self.samplers:
            llama_cpp.llama_sampler_free(sampler)
        self.samplers.clear()
