"""The settings file: typed sections, each value checked by itself, so that one bad value costs no other."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from chatapp.core.errors import ErrorInfo, error
from chatapp.core.models import AUTO_GPU_LAYERS
from chatapp.core.options import QT_TRANSLATE_NOOP, Option, option, options_of, problem_with
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import SETTINGS_SET_ASIDE, SETTINGS_VALUE_IGNORED
from chatapp.storage.chat_settings import ChatSettings
from chatapp.storage.files import read_ordinary, replace_file, set_aside

SCHEMA_VERSION = 1
_MOST_BYTES = 4 << 20
_MOST_INTEGER = 1 << 53  # no float is exact beyond, and very far beyond there is none
MOST_SCALE = 2.0  # of an adapter, in the window
_LONGEST_TEXT = 4096  # of a path, or of the window's place
_UNREADABLE = (OSError, ValueError, RecursionError)
Section = TypeVar("Section")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    language: str = option(
        "system",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Language"),
            help=QT_TRANSLATE_NOOP("options", "The language of the window; it changes at once."),
            choices=(
                ("system", QT_TRANSLATE_NOOP("options", "Like the system")),
                ("en", "English"),
                ("zh_CN", "简体中文"),
            ),
        ),
    )
    theme: str = option(
        "system",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Theme"),
            help=QT_TRANSLATE_NOOP("options", "The colours of the window."),
            choices=(
                ("system", QT_TRANSLATE_NOOP("options", "Like the system")),
                ("light", QT_TRANSLATE_NOOP("options", "Light")),
                ("dark", QT_TRANSLATE_NOOP("options", "Dark")),
            ),
        ),
    )
    zoom: int = option(
        100,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Zoom (%)"),
            help=QT_TRANSLATE_NOOP(
                "options", "The size of all text. Ctrl and + or − change it too, Ctrl and 0 resets it."
            ),
            minimum=50,
            maximum=200,
            step=10,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    context_length: int = option(
        0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Context length"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "How many tokens of conversation the model sees at once; more needs more memory. "
                "Auto takes what the model was trained for, at most 8192.",
            ),
            minimum=0,
            maximum=1_048_576,
            step=1024,
            minimum_label=QT_TRANSLATE_NOOP("options", "Auto"),
        ),
    )
    threads: int = option(
        0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Threads"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "How many processor cores compute. Auto takes the physical cores that other programs leave free, "
                "measured all the time; a number is kept to.",
            ),
            minimum=0,
            maximum=512,
            minimum_label=QT_TRANSLATE_NOOP("options", "Auto"),
        ),
    )
    gpu_layers: int = option(
        AUTO_GPU_LAYERS,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Layers on the GPU"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "How much of the model a graphics card computes, where this build supports one. "
                "Auto takes as many layers as fit in its memory, 0 none.",
            ),
            minimum=AUTO_GPU_LAYERS,
            maximum=9999,
            minimum_label=QT_TRANSLATE_NOOP("options", "Auto"),
        ),
    )
    kv_type: str = option(
        "f16",
        Option(
            label=QT_TRANSLATE_NOOP("options", "KV cache precision"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "How exactly keys and values of the tokens read are kept. Fewer bits need less memory and change the "
                "probabilities a little.",
            ),
            choices=(
                ("f16", QT_TRANSLATE_NOOP("options", "16 bits")),
                ("q8_0", QT_TRANSLATE_NOOP("options", "8 bits")),
                ("q4_0", QT_TRANSLATE_NOOP("options", "4 bits")),
            ),
        ),
    )
    sandbox: str = option(
        "on",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Sandbox"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "On Linux the model's process can then open nothing but its model and the saved contexts, reach no "
                "network and start no program, whatever the model file does to it. Switch it off only where a model "
                "does not run with it.",
            ),
            choices=(("on", QT_TRANSLATE_NOOP("options", "On")), ("off", QT_TRANSLATE_NOOP("options", "Off"))),
        ),
    )
    saved_contexts: int = option(
        2,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Saved contexts (GB)"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Room on the disk for what the model has read of your chats, so that a chat opened again answers at "
                "once. The least recently used are deleted first.",
            ),
            minimum=0,
            maximum=1000,
            minimum_label=QT_TRANSLATE_NOOP("options", "Off"),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """How the window was left: its place (Qt's own form in base64, "" for none), and what of the chat is on show."""

    geometry: str = ""
    list_shown: bool = True
    inspector_shown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterChoice:
    """How an adapter, a file's name, was last used with a model, a path."""

    model: str
    adapter: str
    scale: float = 1.0
    is_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a person can set, the model used last (a path, "" for none), its adapters, and how the window was
    left."""

    appearance: Appearance = field(default_factory=Appearance)
    chat: ChatSettings = field(default_factory=ChatSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    last_model: str = ""
    adapters: tuple[AdapterChoice, ...] = ()
    window: WindowState = field(default_factory=WindowState)


def read_settings(path: Path) -> Settings:
    """The settings at `path` as far as they can be read; touches nothing and says nothing."""
    try:
        return _settings_of(_document(path), [])
    except _UNREADABLE:
        return Settings()


def load_settings(path: Path) -> tuple[Settings, list[ErrorInfo]]:
    """The settings at `path` and what had to be said about them.

    A missing file means the defaults. A file that can't be read at all is renamed, never overwritten. A value out of
    range is replaced by its default, all others are kept; the file as it was stays beside it.
    """
    try:
        found = _document(path)
    except FileNotFoundError:
        return Settings(), []
    except _UNREADABLE:
        return Settings(), [error(SETTINGS_SET_ASIDE, path=_set_aside(path)).info]
    ignored: list[str] = []
    settings = _settings_of(found, ignored)
    if not ignored:
        return settings, []
    kept = _set_aside(path)
    with suppress(OSError):  # a full disk: the same is said again at the next start
        save_settings(path, settings)
    return settings, [error(SETTINGS_VALUE_IGNORED, names=", ".join(ignored), path=kept).info]


def save_settings(path: Path, settings: Settings) -> None:
    """Keeps what another version wrote there and this one does not know. Raises OSError; the old file then stays."""
    try:
        before = _document(path)
    except _UNREADABLE:
        before = {}
    found = before.get("schema_version")
    newest = max(SCHEMA_VERSION, found) if isinstance(found, int) else SCHEMA_VERSION
    own = {"schema_version": newest, **dataclasses.asdict(settings)}
    document = {**before, **own}
    for name, section in own.items():
        if isinstance(section, dict) and isinstance(before.get(name), dict):
            document[name] = {**before[name], **section}
    try:
        data = _encoded(document)
    except (ValueError, RecursionError):  # what stood there can be read but not written: half characters, deep nesting
        data = _encoded(own)
    replace_file(path, data)


def _encoded(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8")


def _document(path: Path) -> dict[str, Any]:
    """Raises OSError, ValueError or RecursionError."""
    found = json.loads(read_ordinary(path, _MOST_BYTES).decode("utf-8-sig"))
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def _settings_of(found: dict[str, Any], ignored: list[str]) -> Settings:
    last_model = found.get("last_model", "")
    return Settings(
        appearance=_section(Appearance(), found.get("appearance"), "appearance", ignored),
        chat=_section(ChatSettings(), found.get("chat"), "chat", ignored),
        engine=_section(EngineSettings(), found.get("engine"), "engine", ignored),
        sampling=_section(SamplingSettings(), found.get("sampling"), "sampling", ignored),
        last_model=last_model if _is_path(last_model) else "",
        adapters=tuple(_adapter_choices(found.get("adapters"))),
        window=_window(found.get("window")),
    )


def _adapter_choices(found: Any) -> Iterator[AdapterChoice]:
    """Those that can be read; nobody wrote them by hand either."""
    for entry in found if isinstance(found, list) else ():
        known = entry if isinstance(entry, dict) else {}
        model, adapter, scale = known.get("model"), known.get("adapter"), known.get("scale")
        if _is_path(model) and _is_path(adapter) and isinstance(scale, int | float) and 0 <= scale <= MOST_SCALE:
            is_on = known.get("is_on") is True
            yield AdapterChoice(model=model, adapter=adapter, scale=float(scale), is_on=is_on)


def _window(found: Any) -> WindowState:
    """What of it can be read; nobody wrote it by hand, so nothing is said of the rest."""
    known = found if isinstance(found, dict) else {}
    fields = {entry.name: known.get(entry.name) for entry in dataclasses.fields(WindowState)}
    default = WindowState()
    window = WindowState(**{n: v for n, v in fields.items() if isinstance(v, type(getattr(default, n)))})
    good = window.geometry.isascii() and len(window.geometry) <= _LONGEST_TEXT
    return window if good else dataclasses.replace(window, geometry="")


def _is_path(value: Any) -> TypeGuard[str]:
    """Whether it can name a model: no half characters, and of a sensible length."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or "\0" in value:
        return False
    return value.encode("utf-8", "ignore").decode("utf-8") == value


def _section(default: Section, found: Any, where: str, ignored: list[str]) -> Section:
    """`default` with each acceptable value of `found` in its place; names of others are added to `ignored`."""
    if found is None:
        return default
    if not isinstance(found, dict):
        ignored.append(where)
        return default
    accepted: dict[str, Any] = {}
    for name, about in options_of(default):
        if name not in found:
            continue
        value = _converted(found[name], getattr(default, name), about)
        if value is None:
            ignored.append(f"{where}.{name}")
        else:
            accepted[name] = value
    return dataclasses.replace(default, **accepted)  # type: ignore[type-var]


def _converted(value: Any, default: Any, about: Option) -> Any:
    if isinstance(value, bool):
        return None
    if isinstance(default, float) and isinstance(value, int) and abs(value) < _MOST_INTEGER:
        value = float(value)
    if not isinstance(value, type(default)) or problem_with(about, value) is not None:
        return None
    return value


def _set_aside(path: Path) -> Path:
    try:
        return set_aside(path, "broken")
    except OSError:
        return path
