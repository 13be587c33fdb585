"""Between the what-if sliders and the engine: asks about the chosen token of the reply in the panel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from chatapp.core.branching import up_to
from chatapp.core.chat import Message
from chatapp.core.errors import AppError, ErrorInfo, ErrorKind, error
from chatapp.core.generation import Token
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import NO_MODEL_LOADED, OTHER_MODEL_WROTE
from chatapp.core.token_record import TokenRecord
from chatapp.protocol.engine import Explain, Explained
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.services.explanations import Explanations
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
        self._question: Explain | None = None
        self._message: Message | None = None
        self._tokens: Sequence[Token] = ()
        self._is_put_off = False
        panel.what_if.changed.connect(self._ask)
        panel.what_if.resample_requested.connect(self.resample_wanted)
        self._explanations.answered.connect(self._on_answered)
        self._explanations.advanced.connect(panel.what_if.show_waiting)
        self._explanations.failed.connect(self._on_failed)
        context.replies.started.connect(lambda _message: self._put_off())
        context.replies.ended.connect(lambda _message: self._ask_again())
        context.inference.status_changed.connect(self._on_status)

    def show_token(self, message: Message | None, tokens: Sequence[Token]) -> None:
        """The panel shows another token, or none, of that reply."""
        self._message, self._tokens = message, tokens
        self._panel.what_if.set_own(message.reply.sampling if message is not None else None)
        self._panel.what_if.forget_answer()
        self._ask(self._panel.what_if.tried)

    def _ask(self, sampling: SamplingSettings | None) -> None:
        place, message = self._panel.chosen, self._message
        self._question, self._is_put_off = None, False
        if sampling is None or place is None or message is None or place >= len(self._tokens):
            self._explanations.drop()
            self._panel.show_what_if(None)
            return
        path = self._context.inference.status.path
        try:
            if not path:
                raise error(NO_MODEL_LOADED)
            if path != message.reply.model:
                raise error(OTHER_MODEL_WROTE, path=message.reply.model)
            self._question = self._question_of(message, place, sampling)
        except AppError as problem:
            self._panel.what_if.show_problem(problem.info)
            self._panel.show_what_if(None)
        else:
            self._explanations.ask(self._question)

    def _question_of(self, message: Message, place: int, sampling: SamplingSettings) -> Explain:
        """What stood before the reply's own tokens was evaluated as a prompt: the question, and where the reply goes on
        from another version or a text, also that."""
        token = self._tokens[place]
        first = max(0, place - max(0, token.index))
        return Explain(
            request_id=0,
            prompt=self._context.conversations.prompt_of(message.id, up_to(message, self._tokens[:first])),
            before=tuple(earlier.id for earlier in self._tokens[first:place]),
            n_remembered=place - first,
            sampling=sampling,
            token=token.id,
            most=self._context.preferences.settings.chat.alternatives or 1,
        )

    def _put_off(self) -> None:
        """A reply goes first."""
        if self._question is not None and self._explanations.is_asking:
            self._explanations.drop()
            self._panel.what_if.forget_answer()
            self._is_put_off = True

    def _ask_again(self) -> None:
        if self._is_put_off:
            self._ask(self._panel.what_if.tried)

    def _on_status(self, status: EngineStatus) -> None:
        """Another model, or none any more, answers otherwise."""
        if status.state is EngineState.LOADING:
            self._is_put_off = self._panel.what_if.tried is not None
        elif status.state is EngineState.READY:
            self._ask_again()

    def _on_failed(self, info: ErrorInfo) -> None:
        if info.kind is ErrorKind.CANCELLED:  # with a reply that was stopped
            self._panel.what_if.forget_answer()
            self._is_put_off = True
        else:
            self._panel.what_if.show_problem(info)

    def _on_answered(self, question: Explain, explained: Explained) -> None:
        place = self._panel.chosen
        if question is not self._question or place is None:
            return
        differs = _differ(self._tokens[place].record, explained.record)
        self._panel.show_what_if(explained.record)
        self._panel.what_if.show_answer(replayed=explained.replayed, differs=differs)


def _differ(recorded: TokenRecord | None, record: TokenRecord) -> bool:
    """Whether the model's own distribution is another."""
    then = {candidate.id: candidate.p for candidate in recorded.top} if recorded is not None else {}
    return bool(then) and any(abs(then.get(new.id, 0.0) - new.p) > _DIFFERENT for new in record.top)
