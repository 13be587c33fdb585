"""The inspector: sampling of this conversation, and what the model sees."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.sampling import PRESETS, LogitBias, SamplingSettings
from chatapp.ui.tabs.chat.details_dialog import DetailsDialog
from chatapp.ui.tabs.chat.inspector import Inspector
from chatapp.ui.tabs.chat.view import ChatView
from tests.qt.conftest import MakeApp, chat_of
from tests.qt.test_chat import ask, shown


@pytest.fixture
def inspector(app: App, chat: ChatView) -> Inspector:
    QTest.keyClick(app.window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert chat.inspector.isVisible()
    return chat.inspector


def test_sampling_belongs_to_its_conversation(app: App, chat: ChatView, inspector: Inspector, qtbot: QtBot) -> None:
    inspector.sampling.preset.setCurrentIndex(1)
    inspector.sampling.preset.activated.emit(1)
    ask(app, qtbot, "say one")
    how = shown(chat)[1].message.reply.sampling
    assert how is not None
    assert how.temperature == 0.0
    first = app.context.conversations.current
    chat.conversations.new_button.click()
    assert app.context.conversations.sampling == app.context.preferences.settings.sampling
    assert not inspector.sampling.reset_button.isEnabled()
    assert first is not None
    app.context.conversations.open(first.id)
    qtbot.waitUntil(lambda: app.context.conversations.sampling.temperature == 0.0, timeout=3000)
    assert inspector.sampling.preset.currentIndex() == 1
    inspector.sampling.reset_button.click()
    assert app.context.conversations.sampling == app.context.preferences.settings.sampling


def test_seed_and_stop_texts_reach_the_reply_and_bad_ones_are_told(
    app: App, chat: ChatView, inspector: Inspector, qtbot: QtBot
) -> None:
    page = inspector.sampling
    inspector.setCurrentWidget(page)
    page.seed.setText("1234")
    page.seed.editingFinished.emit()
    page.stop.setPlainText("###\n\nEND")
    ask(app, qtbot, "say one")
    how = shown(chat)[1].message.reply
    assert how.sampling is not None
    assert (how.seed, how.sampling.stop) == (1234, ("###", "END"))
    for bad in ("-1", "1.5", "99999999999"):
        page.seed.setText(bad)
        page.seed.editingFinished.emit()
        assert page._problem.isVisible()
        assert app.context.conversations.sampling.seed == 1234


def test_every_preset_is_told_by_its_values(app: App, inspector: Inspector) -> None:
    for place, (_name, values) in enumerate(PRESETS, start=1):
        app.context.conversations.set_sampling(SamplingSettings(**values))  # type: ignore[arg-type]
        assert inspector.sampling.preset.currentIndex() == place
    app.context.conversations.set_sampling(SamplingSettings(temperature=0.77))
    assert inspector.sampling.preset.currentIndex() == 0


def test_every_option_has_its_explanation(app: App, inspector: Inspector) -> None:
    for about, _label, button in inspector.sampling._rows:
        assert button.toolTip() == about.help
        assert about.label in button.accessibleName()


def test_more_samplers_are_folded_away_and_reach_the_reply(
    app: App, chat: ChatView, inspector: Inspector, qtbot: QtBot
) -> None:
    page, more = inspector.sampling, inspector.sampling.more
    inspector.setCurrentWidget(page)
    assert not page.fields["typical"].widget.isVisible()
    more.toggle.click()
    assert page.fields["typical"].widget.isVisible()
    page.fields["typical"].changed.emit(0.5)
    more.texts["grammar"].setPlainText('root ::= "one"')
    more.biases.setText(" 5=-1.5,7=2 ")
    more.biases.editingFinished.emit()
    assert "(3 " in more.toggle.text()
    ask(app, qtbot, "say one")
    how = shown(chat)[1].message.reply.sampling
    assert how is not None
    assert (how.typical, how.grammar) == (0.5, 'root ::= "one"')
    assert how.logit_bias == (LogitBias(token=5, bias=-1.5), LogitBias(token=7, bias=2.0))
    more.texts["json_schema"].setPlainText("{}")  # both at once
    assert page._problem.isVisible()
    more.texts["json_schema"].clear()
    more.biases.setText("five=1")
    more.biases.editingFinished.emit()
    assert page._problem.isVisible()
    assert app.context.conversations.sampling.logit_bias == how.logit_bias
    page.reset_button.click()
    assert more.texts["grammar"].toPlainText() == ""
    assert "(" not in more.toggle.text()
    DetailsDialog(shown(chat)[1].message).close()  # names a choice and a grammar


def test_the_context_is_counted_and_the_system_prompt_goes_first(
    app: App, chat: ChatView, inspector: Inspector, qtbot: QtBot, make_app: MakeApp
) -> None:
    inspector.setCurrentWidget(inspector.context)
    qtbot.waitUntil(lambda: "Nothing" in inspector.context.text.text(), timeout=3000)
    inspector.context.system.setPlainText("Be brief.")
    qtbot.waitUntil(lambda: app.context.conversations.system_prompt == "Be brief.", timeout=3000)
    ask(app, qtbot, "say one")
    prompt = app.context.conversations.context_prompt()
    assert [(m.role.value, m.text) for m in prompt.messages] == [
        ("system", "Be brief."),
        ("user", "say one"),
        ("assistant", "one"),
    ]
    qtbot.waitUntil(lambda: "of 100 tokens" in inspector.context.text.text(), timeout=3000)
    app.close()
    again = make_app()
    qtbot.waitUntil(lambda: len(again.context.shelf.conversations) == 1, timeout=3000)
    again.context.conversations.open(again.context.shelf.conversations[0].id)
    qtbot.waitUntil(lambda: again.context.conversations.system_prompt == "Be brief.", timeout=3000)
    assert chat_of(again).inspector.isVisible()  # as it was left


def test_the_inspector_gives_the_keyboard_back(app: App, chat: ChatView, inspector: Inspector) -> None:
    assert QApplication.focusWidget() is inspector.tabBar()
    QTest.keyClick(inspector.tabBar(), Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert not inspector.isVisible()
    assert chat.prompt.edit.hasFocus()
