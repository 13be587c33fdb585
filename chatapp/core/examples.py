"""Examples as a trainer gets them: token ids, and which of them count in the loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatapp.core.chat import ChatMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingText:
    """One example before it is tokenised: a chat whose replies are learnt, or a text all of which is."""

    messages: tuple[ChatMessage, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizedExample:
    """ids: int32, little endian; counted: a byte for each of them, 1 where its prediction counts in the loss. The
    first is predicted from nothing and never counts."""

    ids: bytes
    counted: bytes


@dataclass(frozen=True, slots=True)
class PreparedExamples:
    """All examples of a run. Example i has the tokens from offsets[i] to offsets[i + 1] of ids and counted, belongs to
    the part splits[i] (see Split) and began in line lines[i] of its file.

    ids: int32 (n_tokens,); counted: bool (n_tokens,); offsets: int64 (n + 1,); splits: int8 (n,); lines: int32 (n,).
    """

    ids: npt.NDArray[np.int32]
    counted: npt.NDArray[np.bool_]
    offsets: npt.NDArray[np.int64]
    splits: npt.NDArray[np.int8]
    lines: npt.NDArray[np.int32]

    @classmethod
    def of(cls, examples: Sequence[TokenizedExample], splits: Sequence[int], lines: Sequence[int]) -> PreparedExamples:
        lengths = [len(example.counted) for example in examples]
        return cls(
            ids=np.frombuffer(b"".join(example.ids for example in examples), dtype="<i4"),
            counted=np.frombuffer(b"".join(example.counted for example in examples), dtype=np.bool_),
            offsets=np.cumsum([0, *lengths], dtype=np.int64),
            splits=np.asarray(splits, dtype=np.int8),
            lines=np.asarray(lines, dtype=np.int32),
        )

    def __len__(self) -> int:
        return len(self.splits)

    def example(self, place: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """(ids, counted) of one of them."""
        start, end = self.offsets[place], self.offsets[place + 1]
        return self.ids[start:end], self.counted[start:end]

    def save(self, path: Path) -> None:
        np.savez(path, ids=self.ids, counted=self.counted, offsets=self.offsets, splits=self.splits, lines=self.lines)

    @classmethod
    def load(cls, path: Path) -> PreparedExamples:
        """Raises OSError or ValueError."""
        with np.load(path, allow_pickle=False) as kept:
            return cls(kept["ids"], kept["counted"], kept["offsets"], kept["splits"], kept["lines"])
