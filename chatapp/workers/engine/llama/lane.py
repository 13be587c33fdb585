"""One reply as it is drawn: a sampler chain, the text it has spelled, and when it ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from chatapp.core.generation import FinishReason, Token
from chatapp.core.sampling import SamplingSettings
from chatapp.workers.engine.llama.recording import Recording
from chatapp.workers.engine.llama.row_ring import key_of
from chatapp.workers.engine.llama.sampler import SamplerChain
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from chatapp.workers.engine.text import TextStream
from chatapp.workers.engine.token_grammar import TokenGrammar


class Lane:
    """Belongs to one request. number: what its tokens carry; ids: of all its tokens; count: of those drawn; text: what
    is certain to belong to it; ended: why nothing more is drawn, None while something can be."""

    def __init__(
        self,
        *,
        number: int = 0,
        prompt: Sequence[int],
        before: Sequence[int] = (),
        vocabulary: Vocabulary,
        sampling: SamplingSettings,
        seed: int,
        stop: Sequence[str],
        grammar: TokenGrammar | None,
        limit: int,
        recording: Recording | None,
    ) -> None:
        """before: what it has written already, as if it had been drawn now; limit: the most tokens it may have;
        recording: where its steps are noted, None: nowhere."""
        self.number = number
        self.seed = seed
        self.limit = limit
        self.ids: list[int] = []
        self.count = 0
        self.ended: FinishReason | None = None
        self._text: list[str] = []
        self._vocabulary = vocabulary
        self._grammar = grammar
        self._recording = recording
        self._stream = TextStream(stop)
        self._key = key_of(prompt) if recording is not None else 0
        self._chain = SamplerChain(
            sampling, seed=seed, n_vocab=vocabulary.n_tokens, vocab=vocabulary.handle, grammar=grammar
        )
        self._chain.watched = recording is not None
        self._look_at_end()
        for token in before:
            self._remember(token)

    @property
    def text(self) -> str:
        return "".join(self._text)

    def _remember(self, token: int) -> None:
        self._chain.remember(token)
        if self._recording is not None:
            self._key = key_of((token,), self._key)
        self._text.append(self._stream.feed(self._vocabulary.piece(token))[1])
        self._take(token)

    def step(self, logits: npt.NDArray[np.float32]) -> tuple[Token, str]:
        """Draws from float32 (n_vocab,); the token, and the text that is now certain to belong to it. Raises AppError
        where nothing can be drawn."""
        token = self._chain.draw(logits)
        if self._recording is not None:
            self._recording.note(self._key, logits, self._chain.last_draw())
            self._key = key_of((token,), self._key)
        data = self._vocabulary.piece(token)
        readable, released = self._stream.feed(data)
        self._text.append(released)
        taken = Token(lane=self.number, index=len(self.ids), id=token, text=readable, data=data, cut=self._stream.cut)
        self.count += 1
        self._take(token)
        return taken, released

    def close(self) -> str:
        """Gives back its memory; the text that was still held back."""
        self._chain.close()
        rest = self._stream.close()
        self._text.append(rest)
        return rest

    def _take(self, token: int) -> None:
        self.ids.append(token)
        if self._stream.stopped_by is not None or self._vocabulary.ends_generation(token):
            self.ended = FinishReason.STOP
        else:
            self._look_at_end()

    def _look_at_end(self) -> None:
        if len(self.ids) >= self.limit:
            self.ended = FinishReason.LENGTH
        elif self._grammar is not None and self._grammar.is_over:
            self.ended = FinishReason.STOP
