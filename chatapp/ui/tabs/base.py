"""What a tab is, and what the app hands to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from chatapp.services.adapters import AdaptersService
from chatapp.services.comparison import ComparisonService
from chatapp.services.components import ComponentService
from chatapp.services.conversation import ConversationService
from chatapp.services.finetune import FinetuneService
from chatapp.services.inference import InferenceService
from chatapp.services.kept_comparisons import KeptComparisons
from chatapp.services.kept_runs import KeptRuns
from chatapp.services.lane_chats import LaneChats
from chatapp.services.library import LibraryService
from chatapp.services.model_choice import ModelChoice
from chatapp.services.notifier import Notifier
from chatapp.services.own_chats import OwnChats
from chatapp.services.preferences import Preferences
from chatapp.services.replies import Replies
from chatapp.services.shelf import Shelf
from chatapp.services.token_records import TokenRecords
from chatapp.storage.paths import Paths
from chatapp.storage.session import Session
from chatapp.ui.actions import Action
from chatapp.ui.language import Language
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.rich_text import Typesetting


@dataclass(frozen=True, slots=True, kw_only=True)
class AppContext:
    """The graph of services, built in app.py. sweep: the comparison whose lanes are those of a sweep; kept:
    those of before; runs: the training runs of before; component: what training needs."""

    conversations: ConversationService
    shelf: Shelf
    replies: Replies
    records: TokenRecords
    comparison: ComparisonService
    sweep: ComparisonService
    kept: KeptComparisons
    lane_chats: LaneChats
    finetune: FinetuneService
    runs: KeptRuns
    own_chats: OwnChats
    component: ComponentService
    inference: InferenceService
    adapters: AdaptersService
    library: LibraryService
    model_choice: ModelChoice
    preferences: Preferences
    session: Session
    paths: Paths
    notifier: Notifier
    theme: Theme
    language: Language
    typesetting: Typesetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A tab's page. take_focus puts the keyboard where a person would begin; actions act while it is on show."""

    widget: QWidget
    take_focus: Callable[[], None]
    actions: Sequence[Action] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TabSpec:
    """title is English and translated in the context "tabs"; icon names a drawing in assets/icons; late: its page is
    built when it is first needed."""

    key: str
    title: str
    icon: str
    build: Callable[[AppContext], Page]
    late: bool = False
