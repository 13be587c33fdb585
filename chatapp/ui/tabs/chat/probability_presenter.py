"""Between the probability panel, the coloured replies of the transcript and the services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject

from chatapp.core.branching import begun_before, begun_with
from chatapp.core.chat import Message, MessageState, Role
from chatapp.core.errors import AppError
from chatapp.core.generation import Token
from chatapp.core.sampling import SamplingSettings
from chatapp.core.token_record import Candidate
from chatapp.services.conversation import OpenedConversation
from chatapp.services.replies import TokensAdded
from chatapp.services.token_records import TokensLoaded
from chatapp.storage.settings import Settings
from chatapp.ui.panels.probabilities.heat_text import HeatText, HeatToken, as_shown
from chatapp.ui.panels.probabilities.measure import Measure, TokenLook
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.chat.message_view import MessageView
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.chat.what_if_presenter import WhatIfPresenter
from chatapp.ui.widgets.save_dialog import ask_where

_OFF, _LINES, _COLORS = "off", "lines", "colors"


class ProbabilityPresenter(QObject):
    """The panel follows one reply: the one whose token was chosen last, else the newest."""

    def __init__(self, view: ChatView, context: AppContext) -> None:
        super().__init__(view)
        self._view = view
        self._panel = view.inspector.probabilities
        self._theme = context.theme
        self._preferences = context.preferences
        self._conversations = context.conversations
        self._records = context.records
        self._followed: str | None = None
        self._tokens: list[Token] = []  # of the followed reply
        self._new: dict[str, list[Token]] = {}  # not yet on show
        self._what_if = WhatIfPresenter(self._panel, context)
        self._what_if.resample_wanted.connect(self._on_resample)
        self._replies = context.replies
        self._look = _look_of(context.preferences.settings)
        self._panel.show_look(self._look)
        self._panel.look_changed.connect(self._on_look_changed)
        self._panel.place_chosen.connect(self._on_place_chosen)
        self._panel.branch_requested.connect(self._on_branch)
        self._panel.range_chosen.connect(self._on_range_chosen)
        self._panel.export_requested.connect(self._on_export)
        self._panel.picture_made.connect(lambda picture: context.records.save_picture(picture.path, picture.data))
        view.transcript.view_made.connect(self._on_view_made)
        view.transcript.flushed.connect(self._show_new)
        context.preferences.changed.connect(self._on_settings)
        context.conversations.opened.connect(self._on_opened)
        context.replies.started.connect(self._on_started)
        context.replies.ended.connect(self._on_ended)
        context.records.loaded.connect(self._on_loaded)
        context.records.added.connect(self._on_added)
        context.records.purged.connect(self._on_purged)

    def _on_look_changed(self, look: TokenLook) -> None:
        self._preferences.set_option("chat", "token_colors", look.measure.value if look.coloured else _OFF)
        self._preferences.set_option("chat", "token_marks", _LINES if look.underlines else _COLORS)

    def _on_settings(self, settings: Settings) -> None:
        look = _look_of(settings, self._look.measure)
        if look == self._look:
            return
        was_coloured, self._look = self._look.coloured, look
        self._panel.show_look(look)
        for view in self._view.transcript.views():
            if look.coloured == was_coloured:
                self._dress(view)
            elif look.coloured:
                self._on_view_made(view)
            else:
                view.show_heat(None)

    def _on_view_made(self, view: MessageView) -> None:
        if self._look.coloured and view.message.role is not Role.USER:
            self._records.request(view.message.id)

    def _on_opened(self, opened: OpenedConversation) -> None:
        replies = [message.id for message in opened.messages if message.role is not Role.USER]
        if self._followed not in replies:
            self._follow(replies[-1] if replies else None)

    def _on_started(self, message: Message) -> None:
        if self._conversations.is_shown(message):
            self._follow(message.id)
            view = self._view.transcript.view_of(message.id)
            if view is not None:
                self._on_view_made(view)

    def _follow(self, message_id: str | None) -> None:
        if message_id == self._followed:
            return
        self._choose_in(self._followed, None)
        self._on_range_chosen(None)
        self._followed, self._tokens = message_id, []
        self._panel.set_tokens(())
        if message_id is not None:
            self._records.request(message_id)

    def _on_loaded(self, loaded: TokensLoaded) -> None:
        self._new.pop(loaded.message_id, None)
        if loaded.message_id == self._followed:
            self._tokens = list(loaded.tokens)
            self._panel.set_tokens(_heat_tokens(loaded.tokens))
        view = self._view.transcript.view_of(loaded.message_id)
        if view is None or not self._look.coloured:
            return
        if not _has_records(loaded.tokens):
            view.show_heat(None)
        elif view.heat is None:
            self._color(view, loaded.tokens)
        elif self._replies.latest(view.message).state is MessageState.STREAMING:
            view.heat.append_tokens(_heat_tokens(loaded.tokens[len(view.heat.tokens()) :]))

    def _on_purged(self) -> None:
        followed = self._followed
        self._follow(None)
        self._follow(followed)
        for view in self._view.transcript.views():
            self._on_view_made(view)

    def _color(self, view: MessageView, tokens: Sequence[Token]) -> None:
        """What has no records, or those of another text, stays rich text."""
        message = self._replies.latest(view.message)
        shown: Sequence[HeatToken] | None = _heat_tokens(tokens)
        if message.state is not MessageState.STREAMING:
            shown = as_shown(shown or (), message.text)
        if not _has_records(tokens) or shown is None:
            view.show_heat(None)
            return
        heat = HeatText(self._theme)
        heat.setAccessibleName(view.body.accessibleName())
        heat.set_tokens(shown)
        heat.token_chosen.connect(partial(self._on_token_chosen, view.message.id))
        heat.details_requested.connect(self._show_details)
        view.show_heat(heat)
        self._dress(view)

    def _dress(self, view: MessageView) -> None:
        if view.heat is not None:
            view.heat.show_as(self._look.measure, underlines=self._look.underlines)

    def _on_added(self, added: TokensAdded) -> None:
        self._new.setdefault(added.message_id, []).extend(added.tokens)

    def _show_new(self) -> None:
        """With the text they belong to, so that a reply is drawn once."""
        new, self._new = self._new, {}
        for message_id, tokens in new.items():
            if message_id == self._followed:
                self._tokens += tokens
                self._panel.append_tokens(_heat_tokens(tokens))
            view = self._view.transcript.view_of(message_id)
            if view is None or not self._look.coloured:
                continue
            if view.heat is not None:
                view.heat.append_tokens(_heat_tokens(tokens))
            elif message_id == self._followed:  # what it begins with may have no records
                self._color(view, self._tokens)
            else:
                self._records.request(message_id)

    def _on_ended(self, message: Message) -> None:
        """A stop text that was cut is no part of the reply."""
        self._show_new()
        view = self._view.transcript.view_of(message.id)
        if view is None or view.heat is None:
            return
        shown, chosen = view.heat.tokens(), view.heat.chosen
        if "".join(token.text for token in shown) != message.text:
            fitting = as_shown(shown, message.text)
            if fitting is None:
                view.show_heat(None)
            else:
                view.heat.set_tokens(fitting)
                view.heat.blockSignals(True)  # it is known already, and nobody wants to be taken there now
                view.heat.choose(chosen if chosen is not None and chosen < len(fitting) else None)
                view.heat.blockSignals(False)

    def _on_token_chosen(self, message_id: str, place: int) -> None:
        if message_id != self._followed:
            self._follow(message_id)
        view = self._view.transcript.view_of(message_id)
        if view is not None and view.heat is not None:
            self._view.transcript.bring_into_sight(view.heat, view.heat.rect_of(place))
        if place < len(self._tokens):
            self._choose(place)

    def _choose(self, place: int) -> None:
        self._panel.choose(place)
        self._what_if.show_token(self._reply(), self._tokens)

    def _reply(self) -> Message | None:
        """The one in the panel, whether a view of it was made or not."""
        messages = (m for m in self._view.transcript.messages() if m.id == self._followed)
        return next((self._replies.latest(message) for message in messages), None)

    def _on_place_chosen(self, place: int) -> None:
        """In the panel: the same token is marked in the text, which tells of it where it is coloured."""
        view = self._view.transcript.view_of(self._followed or "")
        shown = view.heat if view is not None else None
        if shown is not None and shown.chosen != place and place < len(shown.tokens()):
            shown.choose(place)
        else:
            self._choose(place)

    def _choose_in(self, message_id: str | None, place: int | None) -> None:
        view = self._view.transcript.view_of(message_id) if message_id is not None else None
        if view is not None and view.heat is not None:
            view.heat.choose(place)

    def _on_range_chosen(self, places: tuple[int, int] | None) -> None:
        view = self._view.transcript.view_of(self._followed or "")
        if view is not None and view.heat is not None:
            view.heat.mark_range(places)

    def _show_details(self) -> None:
        """The keyboard goes to the alternatives of the chosen token."""
        inspector = self._view.inspector
        inspector.show()
        inspector.setCurrentWidget(self._panel)
        self._panel.candidates.setFocus()
        self._panel.ensureWidgetVisible(self._panel.candidates)

    def _on_export(self) -> None:
        reply, conversation = self._reply(), self._conversations.current
        if reply is None or conversation is None:
            return
        kinds = ((self.tr("For programs: JSON"), ".json"), (self.tr("For spreadsheets: CSV"), ".csv"))
        name = self.tr("{title} - tokens").format(title=conversation.title)
        if path := ask_where(self._view, self.tr("Export the token records"), name, kinds):
            self._records.export(reply, path)

    def _on_branch(self, candidate: Candidate) -> None:
        place, message, tokens = self._panel.chosen, self._reply(), tuple(self._tokens)
        if place is None or message is None:
            return
        self._try(lambda: self._branch(message, tokens, place, candidate))

    def _branch(self, message: Message, tokens: tuple[Token, ...], place: int, candidate: Candidate) -> None:
        begun = begun_with(message, tokens, place, candidate)
        if candidate.data:
            self._conversations.continue_reply(message.id, begun)
        else:  # the model could have ended here
            self._conversations.edit(message.id, begun.message.text)

    def _on_resample(self, sampling: SamplingSettings) -> None:
        place, message, tokens = self._panel.chosen, self._reply(), tuple(self._tokens)
        if place is not None and message is not None:
            self._try(
                lambda: self._conversations.continue_reply(message.id, begun_before(message, tokens, place, sampling))
            )

    def _try(self, wish: Callable[[], object]) -> None:
        self._view.clear_error()
        try:
            wish()
        except AppError as problem:
            self._view.show_error(problem.info)


def _look_of(settings: Settings, measure: Measure = Measure.PROBABILITY) -> TokenLook:
    """measure: what is shown again once the colours are switched on."""
    chat = settings.chat
    return TokenLook(
        coloured=chat.token_colors != _OFF,
        measure=measure if chat.token_colors == _OFF else Measure(chat.token_colors),
        underlines=chat.token_marks == _LINES,
    )


def _has_records(tokens: Sequence[Token]) -> bool:
    return any(token.record is not None for token in tokens)


def _heat_tokens(tokens: Sequence[Token]) -> list[HeatToken]:
    return [HeatToken(token.id, token.text, token.record) for token in tokens]
