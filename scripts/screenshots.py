"""Renders the real window offscreen with the real model: light and dark, English and Chinese, small and large.

Usage: screenshots.py FOLDER. Needs a Chinese font (Debian: fonts-noto-cjk) for the Chinese pictures.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from chatapp.app import App
from chatapp.core.sampling import SamplingSettings
from chatapp.services.engine_status import EngineState
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import find_paths
from chatapp.ui.tabs.chat.prompt_dialog import PromptDialog
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.chat.wish import Wish, WishKind
from chatapp.ui.tabs.compare.view import CompareView
from chatapp.ui.tabs.finetune.view import EARLIER, RUN, SETUP, FinetuneView
from chatapp.ui.tabs.lab.view import LabView
from scripts.wheel_models import STARTER_WHEEL, cached

SIZES = ((1024, 700), (2560, 1440))
SAMPLES = Path(__file__).parent.parent / "assets" / "datasets" / "reminders.jsonl"
QUESTION = {"en": "Why is the sky blue? Answer in three sentences.", "zh_CN": "天空为什么是蓝色的？请用三句话回答。"}


def wait_for(condition: object, seconds: float = 60) -> None:
    """Runs the event loop until `condition()`; raises TimeoutError."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        paths = find_paths(home)
        library = ModelLibrary(paths)
        library.add(cached(STARTER_WHEEL))
        library.close()
        application = QApplication(sys.argv[:1])
        app = App(application, paths)
        app.window.show()
        app.begin()
        wait_for(lambda: app.context.inference.status.state is EngineState.READY)
        shoot_all(app, folder)
        app.close()


def shoot_all(app: App, folder: Path) -> None:
    chat = cast(ChatView, app.window.page("chat"))
    preferences = app.context.preferences
    preferences.set_option("sampling", "max_tokens", 200)
    for language in ("en", "zh_CN"):
        preferences.set_option("appearance", "language", language)
        for theme in ("light", "dark"):
            preferences.set_option("appearance", "theme", theme)
            app.context.conversations.new()
            shoot(app, folder, f"welcome-{language}-{theme}")
            chat.prompt.set_text(QUESTION[language])
            chat.prompt.button.click()
            wait_for(lambda: app.context.conversations.writing)
            wait_for(lambda: app.context.inference.status.state is EngineState.GENERATING)
            time.sleep(0.2)
            shoot(app, folder, f"writing-{language}-{theme}", sizes=SIZES[:1])
            wait_for(lambda: not app.context.conversations.writing)
            shoot(app, folder, f"chat-{language}-{theme}")
            shoot_prompt(app, chat, folder, f"prompt-{language}-{theme}")
            for place, name in ((4, "models"), (5, "settings")):
                app.window.rail.choose(place)
                shoot(app, folder, f"{name}-{language}-{theme}")
            shoot_lab(app, folder, f"{language}-{theme}")
            shoot_compare(app, folder, f"{language}-{theme}", QUESTION[language])
            shoot_finetune(app, folder, f"{language}-{theme}")
            app.window.rail.choose(0)
        app.context.model_choice.use("/no/such/model.gguf")
        wait_for(lambda: app.context.inference.status.error is not None)
        chat.prompt.set_text("\ud800")
        chat.prompt.button.click()
        shoot(app, folder, f"errors-{language}", sizes=SIZES[:1])
        for card in list(app.window._cards):
            card.dismissed.emit()
        chat.clear_error()
        chat.prompt.set_text("")
        app.context.model_choice.use(str(cached(STARTER_WHEEL)))
        wait_for(lambda: app.context.inference.status.state is EngineState.READY)
    preferences.set_option("appearance", "zoom", 150)
    shoot(app, folder, "zoom-150")


def shoot_lab(app: App, folder: Path, name: str) -> None:
    lab = cast(LabView, app.window.page("lab"))
    app.window.rail.choose(3)
    lab.go_to(lab.score)
    lab.score.box.setPlainText("The capital of France is Paris. The capital of Germany is bananas. " * 4)
    lab.score.score_button.click()
    wait_for(lambda: lab.score.cancel_button.isHidden())
    lab.score.heat.choose(9)
    shoot(app, folder, f"score-{name}")
    lab.go_to(lab.softmax)
    lab.softmax.temperature.slider.setValue(60)
    wait_for(lambda: not lab.softmax.step.isHidden())
    shoot(app, folder, f"softmax-{name}")


def shoot_compare(app: App, folder: Path, name: str, question: str) -> None:
    """Two, four and eight lanes, what is below them, and a sweep."""
    view, comparison = cast(CompareView, app.window.page("compare")), app.context.comparison
    app.window.rail.choose(1)
    view.setCurrentIndex(0)
    for count in (2, 8, 4):
        view.lanes.row.set_samplings([SamplingSettings(temperature=0.3 * n, seed=n) for n in range(count)])
        view.lanes.prompt.box.setPlainText(question)
        view.lanes.prompt.run_button.click()
        wait_for(lambda: not comparison.is_running, 120)
        shoot(app, folder, f"lanes-{count}-{name}")
    view.lanes.foot_button.setChecked(True)
    for page in range(view.foot.count()):
        view.foot.setCurrentIndex(page)
        shoot(app, folder, f"lanes-foot-{page}-{name}")
    view.setCurrentIndex(1)
    view.sweep.form.prompt.setPlainText(question)
    view.sweep.form.length.setValue(24)
    view.sweep.run_button.click()
    wait_for(lambda: not app.context.sweep.is_running, 240)
    shoot(app, folder, f"sweep-{name}")
    view.setCurrentIndex(0)


def shoot_finetune(app: App, folder: Path, name: str) -> None:
    """A run on the sample set: before it, in its midst, at its end; the later times the same run as an earlier one."""
    view, service = cast(FinetuneView, app.window.page("finetune")), app.context.finetune
    app.window.rail.choose(2)
    view.go_to(SETUP)
    view.setup.data.set_data(str(SAMPLES))
    view.setup.data.samples[0].setText("Remind me to call Anna on Friday at 3 pm.")
    for option, value in (("steps", 12), ("learning_rate", 0.001), ("evaluate_every", 3)):
        view.setup.form.fields[option].set_value(value)
        view.setup.form._on_value(option, value)
    wait_for(view.setup.estimate.start_button.isEnabled)
    shoot(app, folder, f"finetune-setup-{name}")
    if service.folder is None:
        view.setup.estimate.start_button.click()
        wait_for(lambda: len(service.course) > 6, 600)
        shoot(app, folder, f"finetune-run-{name}")
        wait_for(lambda: not service.is_running, 600)
    view.go_to(RUN)
    shoot(app, folder, f"finetune-result-{name}")
    view.run.result.use_button.click()
    wait_for(lambda: any(entry.is_on for entry in app.context.adapters.fitting))
    app.window.rail.choose(2)
    view.go_to(EARLIER)
    shoot(app, folder, f"finetune-earlier-{name}")
    for entry in app.context.adapters.fitting:
        app.context.adapters.set_active(entry.adapter.path, False)


def shoot_prompt(app: App, chat: ChatView, folder: Path, name: str) -> None:
    """The exact prompt behind the last reply; and, after it, what a full context and a missing template look like."""
    chat.transcript.wished.emit(Wish(WishKind.SHOW_PROMPT, chat.transcript.last_reply() or ""))
    (dialog,) = chat.findChildren(PromptDialog)
    wait_for(lambda: bool(dialog.text.toPlainText()))
    dialog.grab().save(str(folder / f"{name}.png"))
    dialog.close()
    wait_for(lambda: not chat.findChildren(PromptDialog))
    chat.transcript.set_first_kept(chat.transcript.last_reply())
    chat.set_plain_template(True)
    shoot(app, folder, name.replace("prompt", "full"), sizes=SIZES[:1])
    chat.transcript.set_first_kept(None)
    chat.set_plain_template(False)


def shoot(app: App, folder: Path, name: str, sizes: tuple[tuple[int, int], ...] = SIZES) -> None:
    for width, height in sizes:
        app.window.resize(width, height)
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        app.window.grab().save(str(folder / f"{name}-{width}.png"))


if __name__ == "__main__":
    main()
