"""Between the score page and the model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer

from chatapp.core.checks import checked_text
from chatapp.core.errors import AppError, ErrorInfo, ErrorKind
from chatapp.core.generation import Token
from chatapp.core.token_record import perplexity
from chatapp.protocol.engine import Failed, PromptShown, RawPrompt, Scored, ShowPrompt
from chatapp.services.scores import Scores
from chatapp.storage.settings import Settings
from chatapp.ui.language import error_message
from chatapp.ui.panels.probabilities.heat_text import HeatToken
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.lab.score_page import ScorePage

_PAUSE_MS = 300
_ALTERNATIVES = 20


class ScorePresenter(QObject):
    """Lives as long as its page."""

    def __init__(self, page: ScorePage, context: AppContext) -> None:
        super().__init__(page)
        self._page = page
        self._inference = context.inference
        self._scores = scores = Scores(context.inference, context.replies, self)
        self._marks = ""
        self._counting: int | None = None
        self._note: Callable[[], str] = str  # said anew in another language
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._count)
        page.text_changed.connect(self._pause.start)
        page.came_into_view.connect(self._pause.start)
        page.retranslated.connect(self._on_retranslated)
        page.score_requested.connect(self.score)
        page.cancel_requested.connect(scores.cancel)
        page.panel.picture_made.connect(lambda picture: context.records.save_picture(picture.path, picture.data))
        scores.begun.connect(self._on_begun)
        scores.advanced.connect(page.show_progress)
        scores.scored.connect(self._on_scored)
        scores.ended.connect(self._on_ended)
        scores.failed.connect(self._on_failed)
        context.preferences.changed.connect(self._on_settings)
        self._on_settings(context.preferences.settings)
        context.inference.answered.connect(self._on_answered)
        context.inference.failed.connect(self._on_asked_failed)
        context.inference.status_changed.connect(lambda _status: self._pause.start())

    def score(self) -> None:
        """What stands in the box."""
        text = self._page.text()
        if text:
            try:
                self._scores.score(checked_text(text).encode("utf-8"), _ALTERNATIVES)
            except AppError as problem:
                self._page.show_error(problem.info)

    def _on_settings(self, settings: Settings) -> None:
        """Who wants lines in the chat wants them here; what is chosen here is for here."""
        if settings.chat.token_marks != self._marks:
            self._marks = settings.chat.token_marks
            self._page.panel.underlines.setChecked(self._marks == "lines")

    def _on_begun(self, waits: bool) -> None:
        self._note = self._waits_note if waits else str
        self._page.show_begun(self._note())

    def _on_scored(self, tokens: tuple[Token, ...]) -> None:
        self._page.append_tokens([HeatToken(token.id, token.text, token.record) for token in tokens])

    def _on_ended(self, scored: Scored) -> None:
        self._note = partial(self._end_note, scored)
        self._page.show_end(self._note())

    def _on_failed(self, info: ErrorInfo) -> None:
        if info.kind is ErrorKind.CANCELLED:
            self._note = self._cancelled_note
            self._page.show_end(self._note())
        else:
            self._note = str
            self._page.show_error(info)

    def _waits_note(self) -> str:
        return self.tr("A reply is being written; the text is scored after it.")

    def _cancelled_note(self) -> str:
        return self.tr("Ended early: what is coloured is scored, the rest is not.")

    def _end_note(self, scored: Scored) -> str:
        note = self.tr("{count:,} tokens, {nll:.3f} nats in all, perplexity {perplexity:.3f}.").format(
            count=scored.n_tokens, nll=scored.nll, perplexity=perplexity(scored.nll, scored.n_scored)
        )
        if scored.n_scored < scored.n_tokens:
            note += "\n" + self.tr("Before the first there is nothing, so it has no probability.")
        return note

    def _on_retranslated(self) -> None:
        self._page.note.setText(self._note())
        self._pause.start()

    def _count(self) -> None:
        """Asks how many tokens the text has, where somebody looks."""
        text = self._page.text()
        if not text or not self._page.isVisible() or self._inference.status.model is None:
            self._page.count.clear()
            return
        try:
            prompt = RawPrompt(text=checked_text(text))
            self._counting = self._inference.ask(lambda i: ShowPrompt(request_id=i, prompt=prompt, max_tokens=1))
        except AppError as problem:
            self._page.count.setText(error_message(problem.info))

    def _on_answered(self, shown: object) -> None:
        if isinstance(shown, PromptShown) and shown.request_id == self._counting:
            count = self.tr("{count:,} tokens, there is room for {limit:,}")
            self._page.count.setText(count.format(count=len(shown.tokens), limit=shown.n_ctx))

    def _on_asked_failed(self, failed: Failed) -> None:
        if failed.request_id == self._counting and failed.error.kind is not ErrorKind.CANCELLED:
            self._page.count.setText(error_message(failed.error))
