"""Texts as a trainer gets them: the ids that a chat would feed and that a reply would be made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.checks import checked_text
from chatapp.core.data_report import PreviewPiece
from chatapp.core.examples import TokenizedExample, TrainingText
from chatapp.workers.engine.llama.assembly import PromptAssembler
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from chatapp.workers.engine.text import TextStream


class ExampleTokenizer:
    """Belongs to one model."""

    def __init__(self, vocabulary: Vocabulary, assembler: PromptAssembler) -> None:
        self._vocabulary = vocabulary
        self._assembler = assembler

    def tokenized(self, text: TrainingText) -> TokenizedExample:
        """Raises AppError where the chat template fails or a text can't be written as UTF-8."""
        ids, counted = self._chat(text.messages) if text.messages else self._text(checked_text(text.text))
        if counted:
            counted[0] = False
        return TokenizedExample(
            ids=np.asarray(ids, dtype="<i4").tobytes(), counted=np.asarray(counted, dtype=np.bool_).tobytes()
        )

    def preview(self, example: TokenizedExample, most: int) -> tuple[PreviewPiece, ...]:
        """Its first `most` tokens as text, those together that are of a kind."""
        readable, pieces = TextStream(()), list[PreviewPiece]()
        ids = np.frombuffer(example.ids, dtype="<i4")[:most].tolist()
        for token, counted in zip(ids, example.counted, strict=False):
            data = self._vocabulary.piece(token)
            text = readable.feed(data)[0] if data else self._vocabulary.control_text(token)
            piece = PreviewPiece(text=text, counted=bool(counted), control=not data)
            if pieces and (pieces[-1].counted, pieces[-1].control) == (piece.counted, piece.control):
                pieces[-1] = replace(piece, text=pieces[-1].text + text)
            else:
                pieces.append(piece)
        return tuple(pieces)

    def _text(self, text: str) -> tuple[list[int], list[bool]]:
        """All of it counts, and that it ends."""
        vocabulary = self._vocabulary
        ids = vocabulary.tokenize(text, special=False)
        if not ids:
            return [], []
        before = [vocabulary.bos] if vocabulary.adds_bos else []
        ids = [*before, *ids, *self._eos()]
        return ids, [True] * len(ids)

    def _chat(self, messages: Sequence[ChatMessage]) -> tuple[list[int], list[bool]]:
        """What a model writes counts: each reply with the tokens that end its turn, of the last one all that follows
        the prompt. What comes after the last reply is left out."""
        last = max((at for at, message in enumerate(messages) if message.role is Role.ASSISTANT), default=-1)
        messages = messages[: last + 1]
        if not messages:
            return [], []
        if self._assembler.has_own_template:
            answered = self._assembler.answered(messages)
        else:
            answered = self._assembler.answered([_as_written(message) for message in messages])
        ids, sources, n_prompt = answered.ids, answered.sources, answered.n_prompt
        counted = self._counted(ids[:n_prompt], sources[:n_prompt], messages)
        end = self._end_of_turn(answered.tail) or self._eos()
        ids = [*ids, *end]
        return ids, counted + [True] * (len(ids) - n_prompt)

    def _counted(
        self, ids: Sequence[int], sources: Sequence[int | None], messages: Sequence[ChatMessage]
    ) -> list[bool]:
        """Of the replies in a prompt: their texts, and of what the template puts behind them the end of the turn."""
        counted = [source is not None and messages[source].role is Role.ASSISTANT for source in sources]
        for at in range(1, len(ids)):
            if sources[at] is None and sources[at - 1] is not None and counted[at - 1]:
                after = at + next((n for n, source in enumerate(sources[at:]) if source is not None), len(ids) - at)
                n_end = len(self._end_of_turn(ids[at:after]))
                counted[at : at + n_end] = [True] * n_end
        return counted

    def _end_of_turn(self, tail: Sequence[int]) -> list[int]:
        """The first tokens of a tail up to the control token that ends the turn; [] where it has none."""
        for at, token in enumerate(tail):
            if not self._vocabulary.piece(token) or self._vocabulary.ends_generation(token):
                return list(tail[: at + 1])
        return []

    def _eos(self) -> list[int]:
        return [self._vocabulary.eos] if self._vocabulary.eos >= 0 else []


def _as_written(message: ChatMessage) -> ChatMessage:
    """In the plain dialogue a model writes the space before its reply itself."""
    if message.role is not Role.ASSISTANT or message.text[:1].isspace():
        return message
    return replace(message, text=f" {message.text}")
