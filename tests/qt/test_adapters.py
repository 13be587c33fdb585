"""Adapters in the window: chips, the list, the choice for each model, what a reply was written with."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.branching import begun_empty
from chatapp.core.chat import Message, MessageState, Role
from chatapp.core.models import AdapterSpec
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.details_dialog import DetailsDialog
from chatapp.ui.tabs.chat.diff_dialog import DiffDialog
from chatapp.ui.tabs.chat.wish import Wish, WishKind
from chatapp.ui.tabs.models.view import ModelsView
from tests.adapters import tiny_adapter
from tests.builders import write_gguf
from tests.qt.conftest import MakeApp, chat_of


@pytest.fixture
def warm(paths: Paths) -> Path:
    return put(paths, "warm")


def put(paths: Paths, name: str, architecture: str = "llama") -> Path:
    """An adapter in the data folder."""
    paths.adapters.mkdir(exist_ok=True)
    file = tiny_adapter(architecture=architecture, base="Little Llama", seed=len(name))
    return file.write(paths.adapters / f"{name}.gguf")


def ready(app: App, qtbot: QtBot) -> App:
    inference, adapters = app.context.inference, app.context.adapters
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY and adapters.knows_model, timeout=20_000)
    qtbot.waitUntil(inference.standby_is_ready, timeout=20_000)
    qtbot.waitUntil(lambda: all(entry.adapter for entry in adapters.listed))
    return app


def names(app: App) -> list[str]:
    return [chip.entry.adapter.name for chip in app.window.picker.adapters.chips]


def said(app: App, qtbot: QtBot, text: str = "adapters") -> Message:
    """The reply to `text`; the scripted engine tells the adapters it was given."""
    with qtbot.waitSignal(app.context.replies.ended, timeout=20_000) as ended:
        app.context.conversations.send(text)
    return cast(Message, ended.args[0])


def test_a_chip_switches_its_adapter_on_for_the_next_reply(
    warm: Path, paths: Paths, make_app: MakeApp, library_model: Path, qtbot: QtBot
) -> None:
    put(paths, "of another model", "gemma3")
    app = ready(make_app(), qtbot)
    qtbot.waitUntil(lambda: names(app) == ["warm"])
    (chip,) = app.window.picker.adapters.chips
    assert not chip.box.isChecked()
    assert chip.slider.isHidden()
    assert said(app, qtbot).text == "none"
    chip.box.click()
    assert not chip.slider.isHidden()
    reply = said(app, qtbot)
    assert reply.text == "warm=1"
    assert reply.reply.adapters == (AdapterSpec(path=str(warm)),)
    chip.box.click()
    assert said(app, qtbot).text == "none"


def test_the_strength_goes_in_small_steps_and_the_next_question_gets_it_at_once(
    warm: Path, make_app: MakeApp, library_model: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    qtbot.waitUntil(lambda: names(app) == ["warm"])
    (chip,) = app.window.picker.adapters.chips
    chip.box.click()
    chip.slider.setFocus()
    QTest.keyClick(chip.slider, Qt.Key.Key_Right)
    assert chip.number.text() == "1.05"
    QTest.keyClick(chip.slider, Qt.Key.Key_End)
    assert chip.number.text() == "2.00"
    assert app.context.inference.adapters == (AdapterSpec(path=str(warm)),)  # it has not rested yet
    assert said(app, qtbot).text == "warm=2"
    chip.slider.setValue(5)
    qtbot.waitUntil(lambda: app.context.inference.adapters[0].scale == 0.25)
    assert app.window.picker.adapters.chips == [chip]  # and could be dragged all the time


def test_the_choice_is_kept_for_each_model(
    warm: Path, paths: Paths, make_app: MakeApp, library_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    app.context.adapters.set_active(str(warm), True)
    app.context.adapters.set_scale(str(warm), 0.5)
    other = write_gguf(tmp_path / "other scripted.gguf")
    app.context.model_choice.use(str(other))
    ready(app, qtbot)
    assert said(app, qtbot).text == "none"
    app.context.model_choice.use(str(library_model))
    assert said(app, qtbot).text == "warm=0.5"  # though it is asked while the model loads
    app.close()
    app.window.close()
    again = make_app()
    qtbot.waitUntil(lambda: again.context.inference.status.state is not EngineState.EMPTY)
    assert said(again, qtbot).text == "warm=0.5"


def test_a_dead_workers_successor_has_the_same_adapters(
    warm: Path, make_app: MakeApp, library_model: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    app.context.adapters.set_active(str(warm), True)
    assert said(app, qtbot).text == "warm=1"
    with qtbot.waitSignal(app.context.inference.worker_died, timeout=20_000):
        os.kill(app.context.inference.worker_pids()[0], signal.SIGKILL)
    assert said(app, qtbot).text == "warm=1"


@pytest.mark.parametrize("name", ["refuse", "crash"])
def test_a_bad_adapter_is_switched_off_and_the_others_stay(
    warm: Path, paths: Paths, make_app: MakeApp, library_model: Path, qtbot: QtBot, name: str
) -> None:
    bad = put(paths, name)
    app = ready(make_app(), qtbot)
    adapters = app.context.adapters
    adapters.set_active(str(warm), True)
    assert said(app, qtbot).text == "warm=1"
    with qtbot.waitSignal(app.context.notifier.posted, timeout=20_000):
        adapters.set_active(str(bad), True)
    qtbot.waitUntil(lambda: [entry.is_on for entry in adapters.listed] == [False, True])
    assert said(app, qtbot).text == "warm=1"


def test_a_change_waits_for_the_reply_that_is_written(
    warm: Path, make_app: MakeApp, library_model: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    with qtbot.waitSignal(app.context.replies.ended, timeout=20_000) as ended:
        with qtbot.waitSignal(app.context.replies.text_added, timeout=20_000):
            app.context.conversations.send("slow 30")
        app.context.adapters.set_active(str(warm), True)
    message = cast(Message, ended.args[0])
    assert message.text.endswith("29")
    assert message.reply.adapters == ()
    assert said(app, qtbot).text == "warm=1"


def test_one_call_takes_a_new_file_into_use(
    make_app: MakeApp, library_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    made = tiny_adapter().write(tmp_path / "made.gguf")
    began = time.perf_counter()
    app.context.adapters.use(made)
    qtbot.waitUntil(lambda: bool(app.context.inference.adapters))
    assert said(app, qtbot).text == "made=1"
    assert time.perf_counter() - began < 1.0
    qtbot.waitUntil(lambda: names(app) == ["made"])
    assert app.window.picker.adapters.chips[0].box.isChecked()


def test_what_was_trained_is_used_alone_for_its_model(
    warm: Path, make_app: MakeApp, library_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    app.context.adapters.set_active(str(warm), True)
    app.window.rail.choose(2)
    made = tiny_adapter().write(tmp_path / "made.gguf")
    with qtbot.waitSignal(app.context.adapters.used):
        app.context.adapters.use_trained(made, "cities", str(library_model))
    assert app.window.page("chat").isVisible()
    assert said(app, qtbot).text == "cities=1"
    other = str(tmp_path / "another.gguf")
    with qtbot.waitSignal(app.context.adapters.used):
        app.context.adapters.use_trained(made, "towns", other)
    assert said(app, qtbot).text == "cities=1"
    assert [choice.model for choice in app.context.preferences.settings.adapters][-1] == other


def test_many_adapters_share_a_box(paths: Paths, make_app: MakeApp, library_model: Path, qtbot: QtBot) -> None:
    for place in range(5):
        put(paths, f"number {place} with a name that is far too long for any chip")
    app = ready(make_app(), qtbot)
    bar = app.window.picker.adapters
    qtbot.waitUntil(lambda: len(bar.chips) == 5)
    app.window.resize(1280, 720)
    QApplication.processEvents()
    inline = [chip for chip in bar.chips if chip.isVisible()]
    assert 1 <= len(inline) <= 3
    assert all(chip.geometry().right() <= bar.more_button.geometry().left() for chip in inline)
    assert bar.add_button.geometry().right() <= bar.width()
    bar.more_button.click()
    assert [chip.isVisible() for chip in bar.boxed] == [True] * 5
    bar.boxed[4].box.click()
    assert bar.more_button.text() == f"{5 - len(inline)} more, 1 on"
    assert [chip.box.isChecked() for chip in bar.chips] == [False] * 4 + [True]
    QTest.keyClick(bar.boxed[4].box, Qt.Key.Key_Escape)
    assert not bar.boxed[4].isVisible()


def test_with_and_without_are_two_versions_side_by_side(
    warm: Path, make_app: MakeApp, library_model: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    chat = chat_of(app)
    reply = said(app, qtbot)
    qtbot.waitUntil(lambda: chat.transcript.last_reply() == reply.id)
    wish = Wish(WishKind.TRY_ADAPTERS, reply.id)
    chat.transcript.wished.emit(wish)
    assert "No adapter is switched on" in " ".join(label.text() for label in chat.findChildren(QLabel))
    app.context.adapters.set_active(str(warm), True)
    ended: list[Message] = []
    in_use: list[tuple[AdapterSpec, ...]] = []
    app.context.replies.ended.connect(ended.append)
    app.context.replies.ended.connect(lambda _message: in_use.append(app.context.inference.adapters))
    chat.transcript.wished.emit(wish)
    qtbot.waitUntil(lambda: bool(chat.findChildren(DiffDialog)), timeout=20_000)
    assert [message.text for message in ended] == ["none", "warm=1"]
    assert [len(message.reply.adapters) for message in ended] == [0, 1]
    assert all(message.reply.sampling is not None and message.reply.sampling.temperature == 0 for message in ended)
    assert len({message.parent_id for message in (reply, *ended)}) == 1
    assert in_use == [(AdapterSpec(path=str(warm)),)] * 2  # put back right behind each
    assert said(app, qtbot).text == "warm=1"


def test_a_stopped_trial_is_over(warm: Path, make_app: MakeApp, library_model: Path, qtbot: QtBot) -> None:
    app = ready(make_app(), qtbot)
    chat, replies = chat_of(app), app.context.replies
    reply = said(app, qtbot, "slow 30")
    qtbot.waitUntil(lambda: chat.transcript.last_reply() == reply.id)
    app.context.adapters.set_active(str(warm), True)
    ended: list[Message] = []
    replies.ended.connect(ended.append)
    with qtbot.waitSignal(replies.text_added, timeout=20_000):
        chat.transcript.wished.emit(Wish(WishKind.TRY_ADAPTERS, reply.id))
    with qtbot.waitSignal(replies.ended, timeout=20_000):
        app.context.conversations.stop()
    qtbot.wait(200)
    assert len(ended) == 1
    assert not app.context.conversations.writing


def test_a_reply_whose_adapters_are_refused_ends_with_the_reason(
    make_app: MakeApp, library_model: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    conversations = app.context.conversations
    reply = said(app, qtbot, "slow 30")
    qtbot.waitUntil(lambda: conversations.is_shown(reply))
    begun = begun_empty(reply, conversations.sampling, (AdapterSpec(path="/x/refuse.gguf"),))
    with qtbot.waitSignal(app.context.replies.ended, timeout=20_000) as ended:
        conversations.continue_reply(reply.id, begun)
    assert ended.args[0].state is MessageState.INTERRUPTED
    assert "scripted" in ended.args[0].reply.error.message
    assert said(app, qtbot).text == "none"


def test_the_details_of_a_reply_and_its_file_name_its_adapters(
    warm: Path, paths: Paths, make_app: MakeApp, library_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    app.context.adapters.set_active(str(warm), True)
    app.context.adapters.set_scale(str(warm), 1.5)
    dialog = DetailsDialog(said(app, qtbot))
    qtbot.addWidget(dialog)
    assert "Adapter: warm × 1.5" in dialog.as_text()
    target = tmp_path / "chat.json"
    current = app.context.conversations.current
    assert current is not None
    app.context.shelf.export(current.id, str(target))
    qtbot.waitUntil(target.exists)
    with qtbot.waitSignal(app.context.conversations.opened, timeout=20_000, check_params_cb=lambda o: bool(o.messages)):
        app.context.shelf.import_file(str(target))
    with qtbot.waitSignal(app.context.conversations.opened, timeout=20_000) as opened:
        app.context.conversations.open(app.context.shelf.conversations[0].id)
    (found,) = [m for m in opened.args[0].messages if m.role is Role.ASSISTANT]
    assert found.reply.adapters == (AdapterSpec(path=str(warm), scale=1.5),)


def drop(widget: ModelsView | object, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(QPoint(9, 9)), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    cast(ModelsView, widget).dropEvent(event)


def test_the_models_page_lists_adds_uses_and_removes(
    paths: Paths, make_app: MakeApp, library_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    put(paths, "of another model", "gemma3")
    view = cast(ModelsView, app.window.page("models"))
    app.window.rail.choose(3)
    part, table = view.adapters, view.adapters.table
    source = tiny_adapter(base="Little Llama").write(tmp_path / "warm.gguf")
    drop(view, source)
    qtbot.waitUntil(lambda: table.rowCount() == 2, timeout=20_000)

    def row(at: int) -> list[str]:
        return [str(table.data(table.index(at, column))) for column in range(table.columnCount())]

    assert row(0)[0] == "of another model"
    assert row(0)[-1] == "For another model"
    assert row(1) == ["warm", "Little Llama", "4", "8", row(1)[4], "Fits the model in use"]
    part.tree.setCurrentIndex(table.index(0, 0))
    assert not part.use_button.isEnabled()
    part.tree.setCurrentIndex(table.index(1, 0))
    part.use_button.click()
    assert row(1)[-1] == "In use, strength 1.00"
    assert said(app, qtbot).text == "warm=1"
    part.remove_button.click()
    qtbot.waitUntil(lambda: not part.undo.isHidden() and table.rowCount() == 1)
    assert said(app, qtbot).text == "none"
    assert not (paths.adapters / "warm.gguf").exists()
    part.undo.button.click()
    qtbot.waitUntil(lambda: table.rowCount() == 2)
    assert source.read_bytes() == (paths.adapters / "warm.gguf").read_bytes()


def test_a_file_dropped_on_the_chat_is_used_or_added_as_a_model(
    make_app: MakeApp, library_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    app = ready(make_app(), qtbot)
    drop(chat_of(app), tiny_adapter().write(tmp_path / "dropped.gguf"))
    qtbot.waitUntil(lambda: bool(app.context.inference.adapters))
    assert said(app, qtbot).text == "dropped=1"
    drop(chat_of(app), write_gguf(tmp_path / "second.gguf", "qwen2"))
    qtbot.waitUntil(lambda: "second" in [model.name for model in app.context.library.models])
