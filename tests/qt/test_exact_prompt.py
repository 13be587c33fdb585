"""The exact prompt, the border of a full context and the notice of a missing template, in the real window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.generation import Usage
from chatapp.core.prompt_token import PromptToken
from chatapp.protocol.engine import PromptShown
from chatapp.services.engine_status import EngineStatus
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.prompt_dialog import PromptDialog
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.chat.wish import WishKind
from tests.qt.test_chat import ask, shown


def dialog_of(chat: ChatView, qtbot: QtBot) -> PromptDialog:
    qtbot.waitUntil(lambda: bool(chat.findChildren(PromptDialog)), timeout=3000)
    return chat.findChildren(PromptDialog)[-1]


def test_the_button_and_the_key_show_the_prompt_of_a_reply(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    ask(app, qtbot, "say two")
    QTest.keyClick(app.window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    dialog = dialog_of(chat, qtbot)
    qtbot.waitUntil(lambda: dialog.text.toPlainText() == "say two", timeout=3000)
    dialog.close()
    shown(chat)[1]._wish(WishKind.SHOW_PROMPT)
    dialog = dialog_of(chat, qtbot)
    qtbot.waitUntil(lambda: dialog.text.toPlainText() == "say one", timeout=3000)
    dialog._copy.click()
    assert QApplication.clipboard().text() == "say one"
    dialog.close()


def test_while_a_reply_is_written_the_dialog_waits_for_its_end(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "slow 60", wait=False)
    qtbot.waitUntil(lambda: app.context.conversations.writing)
    QTest.keyClick(app.window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    dialog = dialog_of(chat, qtbot)
    assert "waits" in dialog.summary.text()
    qtbot.waitUntil(lambda: dialog.text.toPlainText() == "slow 60", timeout=5000)
    dialog.close()


def test_without_a_model_it_is_a_card(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    app.context.inference.unload()
    shown(chat)[1]._wish(WishKind.SHOW_PROMPT)
    assert not chat.findChildren(PromptDialog)
    assert chat._card is not None


def test_tokens_are_told_apart_and_spaces_and_broken_characters_can_be_seen(app: App, qtbot: QtBot) -> None:
    dialog = PromptDialog(app.context.theme)
    qtbot.addWidget(dialog)
    tokens = (
        PromptToken(id=1, text="<s>", data=b"", control=True),
        PromptToken(id=2, text=" ", data=b" ", message=0),
        PromptToken(id=3, text="\n", data=b"\n", message=0),
        PromptToken(id=4, text="", data=b"\xe6\xb0", message=0),
    )
    dialog.show_prompt(PromptShown(request_id=1, tokens=tokens, left_out=3, n_ctx=10))
    assert dialog.text.toPlainText() == "<s>␣↵\n⟨E6⟩⟨B0⟩"
    assert "3" in dialog.summary.text()


def test_a_border_shows_what_the_model_no_longer_sees(app: App, chat: ChatView, qtbot: QtBot) -> None:
    for number in range(3):
        ask(app, qtbot, f"say {number}")
    border = chat.transcript._border
    assert not border.isVisible()
    service = app.context.conversations
    last = shown(chat)[-1].message
    usage = Usage(
        prompt_tokens=1, cached_tokens=0, completion_tokens=1, prompt_ms=1, generate_ms=1, context_tokens=1, left_out=2
    )
    service._messages[last.id] = replace(last, reply=replace(last.reply, usage=usage))
    service._emit_opened()

    def lies_between() -> bool:
        tops = [view.y() for view in shown(chat)]
        return border.isVisible() and len(tops) == 6 and tops[1] < border.y() < tops[2]

    qtbot.waitUntil(lies_between)


def test_no_room_for_saved_contexts_deletes_those_there_are(app: App, qtbot: QtBot, paths: Paths) -> None:
    folder = paths.data / "contexts"
    folder.mkdir(exist_ok=True)
    (folder / "old.state").write_bytes(b"x")
    app.context.preferences.set_option("engine", "saved_contexts", 0)
    qtbot.waitUntil(lambda: not list(folder.iterdir()))


def test_a_model_without_a_template_is_told(app: App, chat: ChatView, qtbot: QtBot) -> None:
    status = app.context.inference.status
    assert not chat.notice.isVisible()
    assert status.model is not None
    model = replace(status.model, has_chat_template=False)
    app.context.inference._set_status(EngineStatus(state=status.state, path=status.path, model=model))
    qtbot.waitUntil(chat.notice.isVisible)


def test_the_settings_reach_the_prompt(app: App, qtbot: QtBot) -> None:
    app.context.preferences.set_option("chat", "when_full", "stop")
    app.context.preferences.set_option("chat", "template", "plain")
    prompt = app.context.replies.prompt([], "")
    assert (prompt.when_full.value, prompt.plain) == ("stop", True)


def test_the_engine_settings_reach_the_load(app: App, library_model: Path) -> None:
    app.context.preferences.set_option("engine", "gpu_layers", 7)
    app.context.preferences.set_option("engine", "kv_type", "q8_0")
    app.context.model_choice.use(str(library_model))
    spec = app.context.inference._spec
    assert spec is not None
    assert (spec.n_gpu_layers, spec.kv_type) == (7, "q8_0")


def test_contexts_are_saved_when_another_chat_begins_and_at_the_end(
    app: App, chat: ChatView, qtbot: QtBot, paths: Paths
) -> None:
    """The scripted engine's replies are short; the real one's state is in tests/acceptance/test_saved_context.py."""
    contexts = app._contexts
    ask(app, qtbot, "say one")
    folder = paths.data / "contexts"
    assert not list(folder.iterdir())  # too short to be worth it
    first = app.context.conversations.current
    assert first is not None
    contexts._unsaved = first.id
    app.context.conversations.new()
    ask(app, qtbot, "say two")
    qtbot.waitUntil(lambda: (folder / f"{first.id}.state").is_file())
    second = app.context.conversations.current
    assert second is not None
    contexts._unsaved = second.id
    app.close()
    assert (folder / f"{second.id}.state").is_file()
