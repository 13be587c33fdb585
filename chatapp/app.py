"""Builds the graph of the desktop app and runs it. The only place where services meet."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from chatapp import __version__
from chatapp.core.components import FINETUNE
from chatapp.core.errors import AppError, error, printable
from chatapp.core.sandbox import FileAccess
from chatapp.core.sentences import SECOND_INSTANCE
from chatapp.core.storage_sentences import INSTANCE_SILENT, NOT_AN_ORDINARY_FILE
from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command
from chatapp.services.adapters import AdaptersService
from chatapp.services.background import Background
from chatapp.services.collection import Collection
from chatapp.services.comparison import ComparisonService
from chatapp.services.components import ComponentService
from chatapp.services.conversation import ConversationService
from chatapp.services.crash_watch import CrashWatch
from chatapp.services.finetune import FinetuneService, finetune_command
from chatapp.services.inference import InferenceService
from chatapp.services.kept_comparisons import KeptComparisons
from chatapp.services.kept_runs import KeptRuns
from chatapp.services.lane_chats import LaneChats
from chatapp.services.library import LibraryService
from chatapp.services.model_choice import ModelChoice
from chatapp.services.notifier import Notifier
from chatapp.services.own_chats import OwnChats
from chatapp.services.pending_writes import PendingWrites
from chatapp.services.preferences import Preferences
from chatapp.services.replies import Replies
from chatapp.services.saved_contexts import SavedContexts
from chatapp.services.shelf import Shelf
from chatapp.services.single_instance import SingleInstance
from chatapp.services.storage_care import StorageCare
from chatapp.services.token_records import TokenRecords
from chatapp.services.worker_access import EngineCommand, WorkerAccess
from chatapp.storage.adapter_library import AdapterLibrary
from chatapp.storage.chat_search import ChatSearch
from chatapp.storage.chats import ChatStore
from chatapp.storage.comparisons import ComparisonStore
from chatapp.storage.components import ComponentStore
from chatapp.storage.log_file import open_log
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.new_draft import NewDraft
from chatapp.storage.paths import Paths, find_paths
from chatapp.storage.repair import open_whole
from chatapp.storage.runs import RunStore
from chatapp.storage.saved_states import SavedStates
from chatapp.storage.session import Session
from chatapp.storage.token_store import TokenStore
from chatapp.ui.language import Language, error_advice, error_message
from chatapp.ui.main_window import MainWindow
from chatapp.ui.start_cards import StartCards
from chatapp.ui.storage_cards import StorageCards
from chatapp.ui.tabs import TABS
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.theme import Theme
from chatapp.ui.training_close import TrainingClose
from chatapp.ui.widgets.rich_text import Typesetting

_log = logging.getLogger("chatapp")
_SIGNAL_MS = 200


def _engine_command(access: FileAccess | None) -> WorkerCommand:
    return worker_command(WorkerRole.ENGINE, access=access)


class App:
    """The window and everything behind it; `begin` starts the workers, `close` ends them and saves."""

    def __init__(
        self,
        application: QApplication,
        paths: Paths,
        engine_command: EngineCommand = _engine_command,
        session: Session | None = None,
        conductor_command: Callable[[], WorkerCommand] | None = None,
    ) -> None:
        """Raises AppError(STORAGE) where the chats can't be opened."""
        session = session or Session(paths)
        self._warnings = [error(NOT_AN_ORDINARY_FILE, path=path).info for path in paths.moved]
        self._database, repaired = open_whole(paths.database)
        library = ModelLibrary(paths)
        self._collection = Collection(lambda: self.context.replies.writing is not None)  # before there are threads
        self._storage_work = Background("storage")
        self._file_work = Background("files")
        self._library_store = library
        self._adapter_work = Background("adapters")
        self._typesetting_work = Background("typesetting")
        theme = Theme(application)
        notifier = Notifier()
        self._writes = PendingWrites(paths.data, self._storage_work, notifier)
        preferences = Preferences(paths, self._writes)
        library_service = LibraryService(library, self._file_work)
        states = SavedStates(paths)
        inference = InferenceService(engine_command, WorkerAccess(paths, states, preferences, library_service))
        self._contexts = SavedContexts(inference, states, preferences, self._file_work, session)
        store, work = ChatStore(self._database), self._storage_work
        shelf = Shelf(store, ChatSearch(self._database), NewDraft(paths), work, notifier, self._writes)
        shelf.removed.connect(self._contexts.forget)
        replies = Replies(store, inference, preferences, work, notifier, self._writes, self._contexts)
        self._records = TokenRecords(TokenStore(self._database), replies, work, notifier, self._writes)
        conversations = ConversationService(store, shelf, replies, inference, preferences, work, notifier)
        conversations.copied.connect(self._records.copy)
        adapters = AdaptersService(
            AdapterLibrary(paths), inference, preferences, self._adapter_work, notifier, paths.adapters
        )
        conversations.options_needed.connect(adapters.apply_waiting)
        library_service.adapter_found.connect(adapters.add)
        adapters.model_found.connect(library_service.add)
        comparisons = ComparisonStore(self._database)
        self.context = AppContext(
            conversations=conversations,
            shelf=shelf,
            replies=replies,
            records=self._records,
            comparison=ComparisonService(comparisons, inference, replies, self._writes),
            sweep=ComparisonService(comparisons, inference, replies, self._writes, sweeps=True),
            kept=KeptComparisons(comparisons, work, self._file_work, notifier, self._writes),
            lane_chats=LaneChats(store, shelf, self._records, work, notifier),
            finetune=FinetuneService(
                paths, self._file_work, conductor_command or partial(finetune_command, paths, preferences)
            ),
            runs=KeptRuns(RunStore(paths), self._file_work, notifier),
            own_chats=OwnChats(store, paths, work),
            component=ComponentService(ComponentStore(paths), FINETUNE),
            inference=inference,
            adapters=adapters,
            library=library_service,
            model_choice=ModelChoice(inference, library_service, preferences, notifier, session),
            preferences=preferences,
            session=session,
            paths=paths,
            notifier=notifier,
            theme=theme,
            language=Language(application),
            typesetting=Typesetting(theme, self._typesetting_work, application),
        )
        for service in (self.context.comparison, self.context.sweep):
            self.context.kept.removed.connect(service.drop)
            service.begins.connect(self._contexts.save)  # of a chat: lanes fill what the model has read
        self.window = MainWindow(self.context, TABS, self.close)
        self.storage_care = StorageCare(paths, [self._database, library.database], work, notifier, repaired)
        self.storage_care.repaired.connect(lambda _repaired: self._list_again())
        self.storage_care.restored.connect(self._list_again)
        self.start_cards = StartCards(self.window, self.context)
        StorageCards(self.window, self.storage_care, self._writes)
        TrainingClose(self.window, self.context.finetune)
        self._closed = False

    def begin(self) -> None:
        """Call when the window is shown."""
        for warning in (*self._warnings, *self.context.preferences.warnings):
            self.context.notifier.post(warning)
        self.context.inference.start()
        self.context.shelf.start()
        self.context.adapters.begin()
        self.context.component.refresh()
        self.context.model_choice.begin()
        self.storage_care.begin()
        self.context.session.become_usable()

    def _list_again(self) -> None:
        self.context.shelf.start()
        self.context.library.refresh()

    def close(self) -> None:
        """Saves what is open and ends every worker; harmless when called again."""
        if self._closed:
            return
        self._closed = True
        self.context.conversations.close()
        self._records.close()
        self.context.replies.close()
        self.context.comparison.close()
        self.context.sweep.close()
        self.context.adapters.close()
        self.context.finetune.close()
        self.context.component.close()
        self.context.shelf.close()
        self.context.preferences.close()
        self._writes.close()
        self.storage_care.close()
        self.context.library.close()
        self._contexts.close()
        self.context.inference.close()
        self._storage_work.close()
        self._file_work.close()
        self._adapter_work.close(finish=False)
        self._typesetting_work.close(finish=False)
        self._database.close()
        self._library_store.close()
        self._collection.close()


def run_app(data_dir: str | None, *, safe_mode: bool = False) -> int:
    """Shows the window until it is closed; the exit code. safe_mode: see storage/session.py."""
    try:
        paths = find_paths(data_dir)
    except AppError as problem:
        return _say(problem)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeMenuBar, False)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("chatapp")
    application.setApplicationVersion(__version__)
    instance = SingleInstance(paths)
    if not instance.acquire():
        if instance.ask_other_to_show():
            _say(error(SECOND_INSTANCE, folder=paths.data))
            return 0
        silent = error(INSTANCE_SILENT, folder=paths.data, lock=paths.instance_lock)
        _say(silent)
        _show(application, silent)
        return 1
    open_log(paths)
    watch = CrashWatch(paths, wants_safe_mode=safe_mode)
    try:
        app = App(application, paths, session=watch.session)
    except AppError as problem:
        watch.end()
        instance.release()
        _say(problem)
        _show(application, problem)
        return 1
    watch.bug_seen.connect(app.context.notifier.post)
    watch.interrupted.connect(app.window.close)
    watch.follow(app.context.inference)
    app.start_cards.tell_of_crash(watch.take_untold(), ended_properly=watch.ended_properly)
    instance.raise_requested.connect(app.window.come_to_front)
    instance.raise_requested.connect(lambda: _log.info("the window was brought to the front"))
    _close_on_signals(app.window)
    app.window.show()
    QTimer.singleShot(0, app.begin)
    try:
        return application.exec()
    finally:
        app.close()
        watch.end()
        instance.release()


def _say(problem: AppError) -> int:
    sys.stderr.write(f"{printable(problem.info.message)} {printable(problem.info.advice)}\n")
    return 1


def _show(application: QApplication, problem: AppError) -> None:
    """A window that can't open says why: who starts it from an icon sees no stderr."""
    language = Language(application)
    language.use("system")
    box = QMessageBox(QMessageBox.Icon.Critical, "chatapp", error_message(problem.info))
    box.setInformativeText(error_advice(problem.info))
    box.exec()


def _close_on_signals(window: MainWindow) -> None:
    """Ctrl+C and SIGTERM close the window as a person would, with everything saved.

    Not at once: a signal comes in the middle of any Python code, which may hold a lock that closing waits for.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: QTimer.singleShot(0, window, window.close))
    awake = QTimer(window, interval=_SIGNAL_MS)
    awake.timeout.connect(lambda: None)  # Python looks for signals only while Python code runs
    awake.start()
