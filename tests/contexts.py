"""A model and contexts of it in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatapp.core.models import LoadSpec
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama.context import CHUNK, Context
from chatapp.workers.engine.llama.model import Model


@contextmanager
def open_model(path: Path) -> Iterator[Model]:
    model = Model(LoadSpec(path=str(path)), CancelFlag(), lambda _fraction: None)
    try:
        yield model
    finally:
        model.close()


def context_of(model: Model, n_threads: int = 1) -> Context:
    return Context(model, LoadSpec(path="", n_threads=n_threads), n_ctx=2048, cancel=CancelFlag())


def evaluate(context: Context, ids: list[int]) -> None:
    """In calls of CHUNK tokens."""
    for start in range(0, len(ids), CHUNK):
        context.evaluate(ids[start : start + CHUNK])
