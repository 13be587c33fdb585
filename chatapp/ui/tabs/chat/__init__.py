"""Chat: the conversations, the transcript, the box to write in, the inspector."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.actions import Action
from chatapp.ui.tabs.base import AppContext, Page, TabSpec
from chatapp.ui.tabs.chat.actions import chat_actions
from chatapp.ui.tabs.chat.inspector_presenter import InspectorPresenter
from chatapp.ui.tabs.chat.presenter import ChatPresenter
from chatapp.ui.tabs.chat.probability_presenter import ProbabilityPresenter
from chatapp.ui.tabs.chat.view import ChatView


def _build(context: AppContext) -> Page:
    view = ChatView(context.typesetting, context.language, context.shelf)
    presenter = ChatPresenter(view, context)
    view.inspector.context.prompt_requested.connect(presenter.show_last_prompt)
    InspectorPresenter(view.inspector, context)
    ProbabilityPresenter(view, context)
    actions: Sequence[Action] = chat_actions(view, presenter)
    return Page(widget=view, take_focus=view.take_focus, actions=actions)


TAB = TabSpec(key="chat", title=QT_TRANSLATE_NOOP("tabs", "Chat"), icon="chat", build=_build)
