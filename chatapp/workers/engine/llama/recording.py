"""The records of steps that were drawn, made when their tokens are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from chatapp.core.generation import Token
from chatapp.workers.engine.llama.records import Recorder
from chatapp.workers.engine.llama.row_ring import RowRing
from chatapp.workers.engine.llama.sampler import Draw


class Recording:
    """Of all lanes of one request, in the order of their steps. rows: where their logits are kept, None: nowhere."""

    def __init__(self, recorder: Recorder, rows: RowRing | None) -> None:
        self._recorder = recorder
        self._rows = rows
        self._keys: list[int] = []
        self.most_noted = recorder.most_noted

    def note(self, key: int, logits: npt.NDArray[np.float32], draw: Draw) -> None:
        """A step: key: see row_ring.key_of; logits: float32 (n_vocab,), copied."""
        self._recorder.note(logits, draw)
        self._keys.append(key)

    def completed(self, tokens: Sequence[Token]) -> Sequence[Token]:
        """The tokens of the steps noted since the last call, with their records."""
        keys, self._keys = self._keys, []
        found: list[Token] = []
        for token, key, record in zip(tokens, keys, self._recorder.records(), strict=True):
            if self._rows is not None:
                self._rows.keep(key, self._recorder.distribution)
            found.append(replace(token, record=record))
        return found
