"""One step of a real model: the logits after a prompt, and what settings can be made to meet in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatapp.core.sampling import SamplingSettings
from chatapp.core.token_record import TokenRecord
from chatapp.workers.engine.constraint import constraint_of
from chatapp.workers.engine.llama.records import Recorder
from chatapp.workers.engine.llama.sampler import SamplerChain
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from chatapp.workers.engine.token_grammar import TokenGrammar
from tests.contexts import context_of, evaluate, open_model

FREE = SamplingSettings(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)


class Standing(TokenGrammar):
    """A grammar in which every draw is the first."""

    def accept(self, token: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Step:
    """logits: float32 (n_vocab,)."""

    vocabulary: Vocabulary
    logits: npt.NDArray[np.float32]

    @property
    def best(self) -> list[int]:
        """The 50 most likely tokens, the likeliest first."""
        return [int(token) for token in np.argsort(-self.logits, kind="stable")[:50]]

    @property
    def p(self) -> npt.NDArray[np.float64]:
        weights = np.exp(self.logits.astype(np.float64) - self.logits.max())
        found: npt.NDArray[np.float64] = weights / weights.sum()
        return found

    @property
    def history(self) -> list[int]:
        """Three words come a second time, and the first time the most likely token came behind them."""
        red, house, river = (
            self.vocabulary.tokenize(f" {word}", special=False)[0] for word in ("red", "house", "river")
        )
        return [red, house, river, self.best[0], *self.best[1:3], red, house, river]

    @property
    def grammar(self) -> str:
        """Every second one of the most likely tokens, and what they begin with."""
        pieces = [self.vocabulary.piece(token) for token in self.best[1:40:2]]
        texts = [
            piece.decode() for piece in pieces if piece and 0xFFFD not in map(ord, piece.decode("utf-8", "replace"))
        ]
        escaped = ("".join(f"\\U{ord(character):08X}" for character in text) for text in texts)
        return "root ::= " + " | ".join(f'"{text}"' for text in escaped)

    @property
    def xtc_threshold(self) -> float:
        """Which the second most likely reaches, and the most likely too."""
        return 0.9 * float(self.p[self.best[1]])

    def chain(self, settings: SamplingSettings, history: Sequence[int] = (), seed: int = 1) -> SamplerChain:
        """Which remembers `history`; the grammar of the settings stays where it is."""
        grammar = constraint_of(settings)
        chain = SamplerChain(
            settings,
            seed=seed,
            n_vocab=self.vocabulary.n_tokens,
            vocab=self.vocabulary.handle,
            grammar=Standing(grammar, self.vocabulary.table) if grammar is not None else None,
        )
        for token in history:
            chain.remember(token)
        return chain

    def record(self, chain: SamplerChain, most: int = 100) -> TokenRecord:
        """Of one more draw."""
        chain.watched = True
        token = chain.draw(self.logits)
        return Recorder(self.vocabulary, most).record(self.logits, chain.last_draw(), token)


@contextmanager
def step_after(path: Path, texts: Sequence[str]) -> Iterator[Step]:
    """The first of `texts` after which no token is likelier than all others together."""
    with open_model(path) as model:
        context = context_of(model)
        for text in texts:
            context.clear()
            evaluate(context, model.vocabulary.tokenize(text, special=False))
            step = Step(model.vocabulary, context.logits().copy())
            if step.p.max() < 0.5:
                break
        context.close()
        yield step
