"""Between the page of one run and the services: the run that is trained, or one of before."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox

from chatapp.core.errors import AppError, ErrorInfo
from chatapp.core.run_course import RunCourse
from chatapp.core.training import RunResult, RunSpec, Stage
from chatapp.protocol.finetune import Evaluated, StageBegun
from chatapp.protocol.run_files import ADAPTER
from chatapp.services.finetune import RunPhase
from chatapp.services.kept_runs import LoadedRun
from chatapp.storage.runs import RunState, StoredRun
from chatapp.ui.desktop import open_folder
from chatapp.ui.panels.probabilities.pictures import ask_for_picture
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.finetune.run_page import RunPage
from chatapp.ui.tabs.finetune.run_words import STAGES, STATES, date_text, in_words, time_text, title_of
from chatapp.ui.widgets.save_dialog import ask_where

EVERY_MS = 200
_WAITS_FOR, _PAUSES = (RunPhase.STARTING, RunPhase.STOPPING), (RunPhase.PAUSING, RunPhase.PAUSED)


class RunPresenter(QObject):
    """Lives as long as its page."""

    shown = Signal()
    """a run was put on show"""

    def __init__(self, page: RunPage, context: AppContext) -> None:
        super().__init__(page)
        self._page, self._context = page, context
        self._service, self._kept = context.finetune, context.runs
        self._earlier: LoadedRun | None = None  # None: the run of the service is on show
        self._result: RunResult | None = None
        self._stage: StageBegun | None = None
        self._eta = 0.0
        self._grew = False
        self._lines: list[str] = []  # of the run in training
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._draw)
        self._connect()
        if self._service.folder is not None:
            self._on_begun()

    @property
    def is_live(self) -> bool:
        """Whether the run of the service is on show."""
        return self._earlier is None and self._service.folder is not None

    def open(self, loaded: LoadedRun) -> None:
        """One of before; where it is the one in training, that."""
        if loaded.run.folder == self._service.folder and self._service.is_running:
            self.show_live()
            return
        self._earlier = loaded
        self._page.show_error(None)
        self._page.log.setPlainText("\n".join(_log_lines(loaded.course)))
        self._show()
        self.shown.emit()

    def show_live(self) -> None:
        self._earlier = None
        self._page.show_error(None)
        self._page.log.setPlainText("\n".join(self._lines))
        self._show()
        self.shown.emit()

    def toggle_pause(self) -> None:
        if self._service.phase in _PAUSES:
            self._service.go_on()
        else:
            self._service.pause()

    def resume(self) -> None:
        """The run on show, where it can be."""
        folder = self._earlier.run.folder if self._earlier is not None else self._service.folder
        if folder is not None:
            self.resume_folder(folder)

    def resume_folder(self, folder: Path) -> None:
        try:
            self._service.resume(folder)
        except AppError as problem:
            self._page.show_error(problem.info)

    def ask_give_up(self) -> None:
        box = QMessageBox(QMessageBox.Icon.Question, self.tr("Give up"), "", parent=self._page)
        box.setText(self.tr("End this run now?"))
        box.setInformativeText(
            self.tr(
                "It can be resumed from its last checkpoint. “Stop and keep the best” makes an adapter of it instead."
            )
        )
        yes = box.addButton(self.tr("Give up"), QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton(self.tr("Train on"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(no)
        box.setEscapeButton(no)
        box.exec()
        if box.clickedButton() is yes:
            self._service.give_up()

    def _connect(self) -> None:
        page, service = self._page, self._service
        page.pause_requested.connect(service.pause)
        page.go_on_requested.connect(service.go_on)
        page.stop_requested.connect(service.stop)
        page.give_up_requested.connect(self.ask_give_up)
        page.resume_requested.connect(self.resume)
        page.live_requested.connect(self.show_live)
        page.retranslated.connect(self._show)
        page.use_requested.connect(self._use)
        page.folder_requested.connect(self._open_folder)
        page.result.export_requested.connect(self._export)
        self._kept.listed.connect(lambda _runs: self._show())
        self._kept.exported.connect(page.result.show_written)
        service.begun.connect(self._on_begun)
        service.phase_changed.connect(lambda _phase: self._show())
        service.stage_begun.connect(self._on_stage)
        service.step_done.connect(self._on_step)
        service.evaluated.connect(self._on_evaluated)
        service.sample_written.connect(lambda _event: self._grow())
        service.paused.connect(lambda step: self._note(self.tr("paused after step {step:,}").format(step=step)))
        service.given_up.connect(lambda: self._on_ended(self.tr("given up")))
        service.finished.connect(self._on_finished)
        service.failed.connect(self._on_failed)

    def _spec(self) -> RunSpec | None:
        return self._earlier.run.spec if self._earlier is not None else self._service.spec

    def _course(self) -> RunCourse:
        return self._earlier.course if self._earlier is not None else self._service.course

    def _shown_result(self) -> RunResult | None:
        return self._earlier.run.result if self._earlier is not None else self._result

    def _on_begun(self) -> None:
        self._result, self._stage, self._eta = None, None, 0.0
        self._lines = _log_lines(self._service.course)
        self._timer.start()
        self.show_live()

    def _on_stage(self, event: StageBegun) -> None:
        if self._stage is None or self._stage.stage is not event.stage:
            self._note(in_words(STAGES[event.stage]))
        self._stage = event
        self._grow()

    def _on_step(self, event: object) -> None:
        self._eta = float(getattr(event, "eta_s", 0.0))
        self._grow()

    def _on_evaluated(self, event: Evaluated) -> None:
        self._note(_evaluation_line(event.step, event.train_loss, event.val_loss, best=event.best))
        self._grow()

    def _on_finished(self, result: RunResult) -> None:
        self._result = result
        self._on_ended(self.tr("finished"))

    def _on_failed(self, info: ErrorInfo) -> None:
        self._on_ended(info.message)
        self.show_live()
        self._page.show_error(info)
        self._page.show_body()

    def _on_ended(self, line: str) -> None:
        self._note(line)
        self._timer.stop()
        self._kept.refresh()
        self._show()

    def _note(self, line: str) -> None:
        self._lines.append(line)
        if self._earlier is None:
            self._page.log.appendPlainText(line)

    def _grow(self) -> None:
        self._grew = True

    def _draw(self) -> None:
        if self._grew and self.is_live:
            self._grew = False
            self._show()

    def _show(self) -> None:
        page, spec, course = self._page, self._spec(), self._course()
        if spec is None:
            page.show_nothing()
            return
        page.show_body()
        page.title.setText(title_of(spec))
        page.state.setText(self._state_words())
        page.charts.show_course(course)
        page.samples.show_samples(course.samples)
        page.show_samples(bool(course.samples))
        page.result.show_result(self._shown_result())
        running = self.is_live and self._service.is_running
        page.show_progress(self._fraction(), running=running)
        self._show_buttons(running=running)

    def _show_buttons(self, *, running: bool) -> None:
        phase = self._service.phase
        if running:
            waits = phase in _WAITS_FOR
            names = ["go_on" if phase in _PAUSES else "pause", "stop", "give_up", "folder"]
            self._page.show_buttons(names, enabled=not waits)
            return
        names = ["live"] if self._service.is_running else []
        if not self._service.is_running and self._shown_result() is None:
            names.append("resume")
        if (folder := self._folder()) is not None and self._shown_result() is None:
            names += ["use", "folder"] if (folder / ADAPTER).is_file() else ["folder"]
        self._page.show_buttons(names)

    def _fraction(self) -> float | None:
        course, stage = self._service.course, self._stage
        if self._trains() and len(course) and course.n_steps:
            return (course.last("step") or 0.0) / course.n_steps
        return stage.fraction if stage is not None else None

    def _trains(self) -> bool:
        """Whether steps are done now, and no data read or results measured."""
        return self._stage is not None and self._stage.stage is Stage.TRAINING

    def _state_words(self) -> str:
        if self._earlier is not None or self._service.phase is RunPhase.IDLE:
            spec = self._spec()
            moment = self._earlier.run.created_at if self._earlier is not None else spec.created_at if spec else 0.0
            return f"{date_text(moment)} · {in_words(STATES[self._stored_state()])}"
        phase, course = self._service.phase, self._service.course
        stage = in_words(STAGES[self._stage.stage]) if self._stage is not None else self.tr("Starting")
        if phase is RunPhase.STOPPING:
            return self.tr("Stopping: {stage}…").format(stage=stage)
        if phase is RunPhase.PAUSED:
            return self.tr("Paused after step {step:,}; the checkpoint is on the disk.").format(
                step=int(course.last("step") or 0)
            )
        pausing = phase is RunPhase.PAUSING
        text = self.tr("{stage}; pausing after this step").format(stage=stage) if pausing else stage
        if not self._trains() or not len(course):
            return f"{text}…"
        text = self.tr("{stage}: step {step:,} of {steps:,}, epoch {epoch:.2f}").format(
            stage=text, step=int(course.last("step") or 0), steps=course.n_steps, epoch=course.last("epoch") or 0.0
        )
        speed = self.tr("{speed:,.0f} tokens/s").format(speed=course.last("tokens_per_second") or 0.0)
        left = self.tr("about {time} left").format(time=time_text(self._eta)) if self._eta > 0 else ""
        return " · ".join(filter(None, (text, speed, left)))

    def _stored_state(self) -> RunState:
        """Of the run on show, as it lies on the disk."""
        if self._shown_result() is not None:
            return RunState.FINISHED
        folder = self._folder()
        return next((run.state for run in self._kept.runs if run.folder == folder), RunState.RESUMABLE)

    def _use(self) -> None:
        spec, folder, result = self._spec(), self._folder(), self._shown_result()
        if spec is None or folder is None:
            return
        adapter = Path(result.trained.adapter) if result is not None else folder / ADAPTER
        if self._context.inference.status.path != spec.model:
            self._context.model_choice.use(spec.model)
        when = time.strftime("%Y-%m-%d %H%M", time.localtime(spec.created_at))
        name = f"{Path(spec.data).stem} {when}"
        self._context.adapters.use_trained(adapter, name, spec.model)

    def _open_folder(self) -> None:
        folder = self._folder()
        if folder is not None:
            open_folder(folder)

    def _folder(self) -> Path | None:
        return self._earlier.run.folder if self._earlier is not None else self._service.folder

    def _loaded(self) -> LoadedRun | None:
        """The run on show, whatever it came from."""
        if self._earlier is not None:
            return self._earlier
        spec, folder = self._service.spec, self._service.folder
        if spec is None or folder is None:
            return None
        run = StoredRun(
            folder=folder, spec=spec, state=RunState.FINISHED, created_at=spec.created_at, result=self._result
        )
        return LoadedRun(run=run, course=self._service.course)

    def _export(self, kind: str) -> None:
        loaded, page = self._loaded(), self._page
        if loaded is None:
            return
        title, name = self.tr("Export"), title_of(loaded.run.spec)
        if kind in ("peft", "tensorboard"):
            folder = QFileDialog.getExistingDirectory(page, title, str(Path.home()))
            if folder and kind == "peft":
                self._kept.save_peft(loaded.run, folder)
            elif folder:
                self._kept.save_tensorboard(loaded, folder)
        elif kind == "picture":
            whole = page.charts.chart.whole()
            picture = ask_for_picture(page, title, name, whole)
            whole.deleteLater()
            if picture is not None:
                self._kept.save(picture.path, picture.data)
        elif kind == "csv":
            if path := ask_where(page, title, name, (("CSV", ".csv"),)):
                self._kept.save_csv(loaded.course, path)
        elif path := ask_where(page, title, name, (("Markdown", ".md"),)):
            self._kept.save_card(loaded, path)


def _log_lines(course: RunCourse) -> list[str]:
    lines = [
        _evaluation_line(entry.step, entry.train_loss, entry.val_loss, best=entry.best) for entry in course.evaluations
    ]
    return [*lines, *([course.error] if course.error else [])]


def _evaluation_line(step: int, train_loss: float | None, val_loss: float | None, *, best: bool) -> str:
    """The field's own words, in every language."""
    losses = (("train loss", train_loss), ("validation loss", val_loss))
    parts = [f"{name} {loss:.4f}" for name, loss in losses if loss is not None]
    return f"step {step:,}: {', '.join(parts)}{' *' if best else ''}"
