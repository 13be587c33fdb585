"""Comparisons in the database: what was compared, and each lane with its tokens."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import msgspec

from chatapp.core.chat import title_of
from chatapp.core.comparison import MOST_IN_SWEEP, ComparedPrompt, Comparison, LaneResult, LaneState
from chatapp.core.generation import Token
from chatapp.core.sampling import SamplingSettings
from chatapp.storage.column_values import decoded, moment
from chatapp.storage.database import Database
from chatapp.storage.packed_tokens import packed, unpacked

_UNFINISHED = (LaneState.WAITING, LaneState.WRITING)
_LOST = LaneResult(sampling=SamplingSettings(), state=LaneState.INTERRUPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredComparison:
    """created_at: seconds since the epoch; model: the path of its file."""

    id: str
    created_at: float
    title: str
    model: str
    n_lanes: int


class ComparisonStore:
    """Every method raises AppError(STORAGE) and then has changed nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, comparison_id: str, comparison: Comparison) -> None:
        """All of it, durably; one that is stored is replaced and keeps the time it was created."""
        prompt = comparison.prompt
        lanes = [(place, comparison_id, *_row(lane)) for place, lane in enumerate(comparison.lanes)]
        with self._database.durable() as connection:
            connection.execute(
                "INSERT INTO comparison (id, title, together, model, prompt, created_at) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET title = excluded.title, together = excluded.together,"
                " model = excluded.model, prompt = excluded.prompt",
                (
                    comparison_id,
                    title_of(prompt.text),
                    int(comparison.together),
                    comparison.model,
                    msgspec.json.encode(prompt).decode("utf-8"),
                    time.time(),
                ),
            )
            connection.execute("DELETE FROM comparison_lane WHERE comparison_id = ?", (comparison_id,))
            connection.executemany(
                "INSERT INTO comparison_lane (place, comparison_id, lane, tokens) VALUES (?, ?, ?, ?)", lanes
            )

    def save_lane(self, comparison_id: str, place: int, lane: LaneResult) -> None:
        """One lane as it is now. A comparison that is gone takes none."""
        text, tokens = _row(lane)
        with self._database.quick() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO comparison_lane (place, comparison_id, lane, tokens)"
                " SELECT ?, id, ?, ? FROM comparison WHERE id = ?",
                (place, text, tokens, comparison_id),
            )

    def listed(self) -> list[StoredComparison]:
        """The newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, created_at, title, model, count(place) FROM comparison"
                " LEFT JOIN comparison_lane ON comparison_id = id AND place BETWEEN 0 AND ?"
                " GROUP BY id ORDER BY created_at DESC, comparison.rowid DESC",
                (MOST_IN_SWEEP - 1,),
            ).fetchall()
        return [
            StoredComparison(
                id=str(identity), created_at=moment(created_at), title=str(title), model=str(model), n_lanes=int(count)
            )
            for identity, created_at, title, model, count in rows
        ]

    def load(self, comparison_id: str) -> Comparison | None:
        """None where it is not stored. Lanes that were not finished are INTERRUPTED. Of a damaged lane what can be
        read: its text without its tokens, or the text of its tokens with the usual options; one that is lost between
        others is empty, so that each lane has the place it had."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT together, model, prompt FROM comparison WHERE id = ?", (comparison_id,)
            ).fetchone()
            rows = connection.execute(
                "SELECT place, lane, tokens FROM comparison_lane WHERE comparison_id = ? AND place BETWEEN 0 AND ?",
                (comparison_id, MOST_IN_SWEEP - 1),
            ).fetchall()
        if found is None:
            return None
        together, model, prompt = found
        lanes = {int(place): _lane(str(text), tokens) for place, text, tokens in rows}
        return Comparison(
            prompt=decoded(str(prompt), ComparedPrompt) or ComparedPrompt(text=""),
            model=str(model),
            lanes=tuple(lanes.get(place, _LOST) for place in range(max(lanes, default=-1) + 1)),
            together=bool(together),
        )

    def remove(self, comparison_id: str) -> None:
        """Deletes it and its lanes for good."""
        with self._database.durable() as connection:
            connection.execute("DELETE FROM comparison WHERE id = ?", (comparison_id,))


def _row(lane: LaneResult) -> tuple[str, bytes]:
    """(JSON of all but the tokens, the tokens)"""
    text = msgspec.json.encode(replace(lane, tokens=())).decode("utf-8")
    return text, packed(lane.tokens) if lane.tokens else b""


def _lane(text: str, data: bytes) -> LaneResult:
    tokens = _tokens(data)
    lane = decoded(text, LaneResult)
    if lane is None:
        written = b"".join(token.data for token in tokens).decode("utf-8", "replace")
        return replace(_LOST, tokens=tokens, text=written)
    return replace(lane, tokens=tokens, state=LaneState.INTERRUPTED if lane.state in _UNFINISHED else lane.state)


def _tokens(data: bytes) -> tuple[Token, ...]:
    try:
        return tuple(unpacked(data)) if data else ()
    except ValueError:
        return ()
