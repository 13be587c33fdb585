"""What is told of a data set before it is trained on."""

from __future__ import annotations

from dataclasses import dataclass

from chatapp.core.errors import ErrorInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """A line of the file that is left out, and why; lines are counted from 1."""

    line: int
    problem: ErrorInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPiece:
    """A stretch of an example's tokens as text. counted: the model learns to write it; control: a control token."""

    text: str
    counted: bool
    control: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One example as the model gets it. n_tokens: before it is cut off; split: see Split."""

    line: int
    split: int
    n_tokens: int
    pieces: tuple[PreviewPiece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEstimate:
    """What a run will need, before it is started. mode: dense or packed, as it would be chosen; seconds 0: unknown."""

    memory_bytes: int
    free_bytes: int
    seconds: float
    n_steps: int
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReport:
    """format: jsonl-messages, jsonl-sharegpt, jsonl-alpaca, jsonl-prompt, csv, text, ... (see core/datasets.py).

    n_duplicates: examples beyond the first of their kind, which stay in its part, and those of the
    unseen file that ask what the data asks, which are left out; n_truncated: longer than allowed;
    n_unanswered: left out since nothing of them would be learnt; histogram: (shortest, longest, how many) of the
    lengths in tokens; counts by the value of Split.
    """

    format: str
    sha256: str
    n_examples: int
    n_duplicates: int
    n_truncated: int
    n_unanswered: int
    n_problems: int
    n_tokens: int
    n_counted: int
    longest: int
    counts: tuple[int, int, int, int]
    histogram: tuple[tuple[int, int, int], ...]
    problems: tuple[LineProblem, ...]
    previews: tuple[Preview, ...]
    estimate: TrainingEstimate | None
