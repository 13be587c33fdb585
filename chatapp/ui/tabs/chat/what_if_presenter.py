"""Between the what-if sliders and the engine: asks about the chosen token of the reply in the panel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from chatapp.core.chat import Message
from chatapp.core.errors import error
from chatapp.core.generation import TEXT_BEFORE, Token
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import NO_MODEL_LOADED, OTHER_MODEL_WROTE
from chatapp.core.token_record import TokenRecord
from chatapp.protocol.engine import Explained
from chatapp.services.explanations import Explanations, Question
from chatapp.ui.panels.probabilities.panel import ProbabilityPanel
from chatapp.ui.tabs.base import AppContext

_DIFFERENT = 0.02  # of a probability: what can be seen


class WhatIfPresenter(QObject):
    resample_wanted = Signal(object)
    """SamplingSettings"""

    def __init__(self, panel: ProbabilityPanel, context: AppContext) -> None:
        super().__init__(panel)
        self._panel = panel
        self._context = context
        self._explanations = Explanations(context.inference, self)
        self._question: Question | None = None
        self._message: Message | None = None
        self._tokens: Sequence[Token] = ()
        panel.what_if.changed.connect(self._ask)
        panel.what_if.resample_requested.connect(self.resample_wanted)
        self._explanations.answered.connect(self._on_answered)
        self._explanations.advanced.connect(panel.what_if.show_waiting)
        self._explanations.failed.connect(panel.what_if.show_problem)
        context.replies.started.connect(lambda _message: self._explanations.drop())  # what is asked for goes first

    def show_token(self, message: Message | None, tokens: Sequence[Token]) -> None:
        """The panel shows another token, or none, of that reply."""
        self._message, self._tokens = message, tokens
        self._panel.what_if.set_own(message.reply.sampling if message is not None else None)
        self._panel.what_if.forget_answer()
        self._ask(self._panel.what_if.tried)

    def _ask(self, sampling: SamplingSettings | None) -> None:
        place, message = self._panel.chosen, self._message
        self._question = None
        if sampling is None or place is None or message is None or place >= len(self._tokens):
            self._explanations.drop()
            self._panel.show_what_if(None)
            return
        path = self._context.inference.status.path
        if path != message.reply.model:
            self._panel.what_if.show_problem(
                error(OTHER_MODEL_WROTE, path=message.reply.model).info if path else error(NO_MODEL_LOADED).info
            )
            self._panel.show_what_if(None)
            return
        token = self._tokens[place]
        before = self._tokens[:place]
        begun = before[0].text if before and before[0].id == TEXT_BEFORE else ""
        self._question = Question(
            prompt=self._context.conversations.prompt_of(message.id, begun),
            before=tuple(earlier.id for earlier in before if earlier.id != TEXT_BEFORE),
            n_remembered=max(0, min(token.index, place)),
            sampling=sampling,
            token=token.id,
            most=self._context.preferences.settings.chat.alternatives or 1,
        )
        self._explanations.ask(self._question)

    def _on_answered(self, question: Question, explained: Explained) -> None:
        place = self._panel.chosen
        if question is not self._question or place is None:
            return
        differs = _differ(self._tokens[place].record, explained.record)
        self._panel.show_what_if(explained.record)
        self._panel.what_if.show_answer(replayed=explained.replayed, differs=differs)


def _differ(recorded: TokenRecord | None, record: TokenRecord) -> bool:
    """Whether the model's own distribution is another."""
    then = {candidate.id: candidate.p for candidate in recorded.top} if recorded is not None else {}
    return any(abs(then[new.id] - new.p) > _DIFFERENT for new in record.top if new.id in then)
