"""What can be done in the chat from the keyboard."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.actions import Action
from chatapp.ui.tabs.chat.presenter import ChatPresenter
from chatapp.ui.tabs.chat.view import ChatView


def chat_actions(view: ChatView, presenter: ChatPresenter) -> Sequence[Action]:
    listed = (
        (QT_TRANSLATE_NOOP("actions", "Ask the last question again"), ("Ctrl+R",), presenter.regenerate_last),
        (QT_TRANSLATE_NOOP("actions", "Continue the last reply"), ("Ctrl+Shift+R",), presenter.continue_last),
        (QT_TRANSLATE_NOOP("actions", "Edit the last question"), ("Ctrl+E",), presenter.edit_last),
        (QT_TRANSLATE_NOOP("actions", "Edit the last reply"), ("Ctrl+Shift+M",), presenter.edit_reply),
        (QT_TRANSLATE_NOOP("actions", "Earlier version"), ("Alt+Left",), lambda: presenter.step_version(-1)),
        (QT_TRANSLATE_NOOP("actions", "Later version"), ("Alt+Right",), lambda: presenter.step_version(1)),
        (QT_TRANSLATE_NOOP("actions", "Compare versions"), ("Ctrl+D",), presenter.compare_last),
        (QT_TRANSLATE_NOOP("actions", "Compare with and without adapters"), (), presenter.try_adapters_on_last),
        (QT_TRANSLATE_NOOP("actions", "Branch off into a new chat"), (), presenter.branch_off_last),
        (
            QT_TRANSLATE_NOOP("actions", "Exact prompt of the last reply"),
            ("Ctrl+Shift+E",),
            presenter.show_last_prompt,
        ),
        (QT_TRANSLATE_NOOP("actions", "The last reply is good"), ("Ctrl+Alt+G",), presenter.like_last),
        (QT_TRANSLATE_NOOP("actions", "The last reply is bad"), ("Ctrl+Alt+B",), presenter.dislike_last),
        (QT_TRANSLATE_NOOP("actions", "Find in this chat"), ("Ctrl+F",), view.find_bar.open_bar),
        (QT_TRANSLATE_NOOP("actions", "Next place found"), ("F3",), lambda: view.find_bar.step(1)),
        (QT_TRANSLATE_NOOP("actions", "Previous place found"), ("Shift+F3",), lambda: view.find_bar.step(-1)),
        (QT_TRANSLATE_NOOP("actions", "Search all chats"), ("Ctrl+Shift+F",), view.begin_search),
        (QT_TRANSLATE_NOOP("actions", "Copy the conversation"), ("Ctrl+Shift+C",), presenter.copy_conversation),
        (QT_TRANSLATE_NOOP("actions", "Rename the chat"), ("F2",), presenter.rename),
        (QT_TRANSLATE_NOOP("actions", "Pin or unpin the chat"), (), presenter.toggle_pin),
        (QT_TRANSLATE_NOOP("actions", "Export the chat"), ("Ctrl+S",), presenter.export),
        (QT_TRANSLATE_NOOP("actions", "Import a chat"), (), view.conversations.import_chat),
        (QT_TRANSLATE_NOOP("actions", "Delete the chat"), ("Ctrl+Shift+Del",), presenter.delete),
        (QT_TRANSLATE_NOOP("actions", "Undo the deletion"), ("Ctrl+Shift+T",), view.undo.undo),
        (QT_TRANSLATE_NOOP("actions", "Show or hide the list of chats"), ("Ctrl+B",), presenter.toggle_list),
        (QT_TRANSLATE_NOOP("actions", "Show or hide the inspector"), ("Ctrl+I",), presenter.toggle_inspector),
        (
            QT_TRANSLATE_NOOP("actions", "Colour the replies by what the model thought"),
            ("Ctrl+Shift+P",),
            view.inspector.probabilities.coloured.toggle,
        ),
    )
    return [Action(title=title, keys=keys, run=run) for title, keys, run in listed]
