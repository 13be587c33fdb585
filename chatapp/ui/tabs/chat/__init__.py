"""Chat: the conversations, the transcript, the box to write in."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.tabs.base import AppContext, TabSpec
from chatapp.ui.tabs.chat.presenter import ChatPresenter
from chatapp.ui.tabs.chat.view import ChatView


def _build(context: AppContext) -> QWidget:
    view = ChatView(context.typesetting, context.language)
    ChatPresenter(view, context.conversations, context.inference)
    return view


TAB = TabSpec(key="chat", title=QT_TRANSLATE_NOOP("tabs", "Chat"), icon="chat", build=_build)
