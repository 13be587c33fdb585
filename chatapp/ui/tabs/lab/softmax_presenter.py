"""Between the softmax page and the model."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from chatapp.core.chat import Message
from chatapp.core.checks import checked_text
from chatapp.core.errors import AppError, ErrorInfo, ErrorKind
from chatapp.core.models import LoadedModel
from chatapp.core.sampling import SamplingSettings
from chatapp.core.softmax import softmax_of
from chatapp.protocol.engine import Explain, Explained, RawPrompt
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.services.explanations import Explanations
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.lab.softmax_page import SoftmaxPage

_PAUSE_MS = 300
_PATIENCE_MS = 400  # before it is said that an answer takes its time
_ROWS = 20


class SoftmaxPresenter(QObject):
    """Asks when something changed and somebody looks."""

    def __init__(self, page: SoftmaxPage, context: AppContext) -> None:
        super().__init__(page)
        self._page = page
        self._inference = context.inference
        self._explanations = Explanations(context.inference, self)
        self._seen: tuple[bool, LoadedModel | None] = (True, None)  # whether there is no model, and which is loaded
        self._failed = False
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._say_why)
        page.text_changed.connect(self._pause.start)
        page.temperature_changed.connect(self._ask)
        page.retry_requested.connect(self._ask)
        page.came_into_view.connect(self._ask)
        self._explanations.answered.connect(self._on_answered)
        self._explanations.advanced.connect(self._on_advanced)
        self._explanations.failed.connect(self._on_failed)
        context.replies.started.connect(self._on_started)
        context.inference.status_changed.connect(self._on_status)

    def _ask(self) -> None:
        if not self._page.isVisible():
            return
        self._pause.stop()
        self._failed = False
        text = self._page.text()
        if not text:
            self._patience.stop()
            self._explanations.drop()
            self._page.show_nothing()
            return
        temperature = self._page.temperature.value
        sampling = SamplingSettings(temperature=temperature, top_k=0, top_p=1.0, min_p=0.0)
        try:
            question = Explain(request_id=0, prompt=RawPrompt(text=checked_text(text)), sampling=sampling, most=_ROWS)
        except AppError as problem:
            self._explanations.drop()
            self._on_failed(problem.info)
            return
        if not self._patience.isActive():
            self._patience.start()
        self._explanations.ask(question)

    def _on_started(self, _message: Message) -> None:
        """A reply goes first."""
        self._explanations.drop()
        self._pause.start()

    def _on_answered(self, question: Explain, explained: Explained) -> None:
        self._patience.stop()
        temperature = question.sampling.temperature
        step = softmax_of(explained.record, explained.entropy_sampled, temperature)
        self._page.show_step(step)

    def _on_advanced(self, fraction: float) -> None:
        if not self._patience.isActive():
            self._page.show_waiting(self.tr("The model is reading the text…"), fraction)

    def _say_why(self) -> None:
        match self._inference.status.state:
            case EngineState.LOADING:
                self._page.show_waiting(self.tr("The model is being loaded…"))
            case EngineState.GENERATING:
                self._page.show_waiting(self.tr("A reply is being written; this waits for its end."))
            case _:
                self._page.show_waiting(self.tr("The model is reading the text…"))

    def _on_failed(self, info: ErrorInfo) -> None:
        """What was cancelled because of something else is asked again."""
        self._patience.stop()
        if info.kind is ErrorKind.CANCELLED:
            self._pause.start()
            return
        self._failed = info.kind is not ErrorKind.NO_MODEL
        self._page.show_error(info)

    def _on_status(self, status: EngineStatus) -> None:
        """A text that ended its worker is not given to the next one by itself."""
        seen = (status.state is EngineState.EMPTY, status.model)
        if seen != self._seen and not self._failed:
            self._seen = seen
            self._ask()
