"""The house rules that no other tool checks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "chatapp"
SOURCES = sorted(PACKAGE.rglob("*.py"))
MAP = PACKAGE / "ARCHITECTURE.md"
VAGUE = {"utils.py", "helpers.py", "common.py", "misc.py", "base_utils.py"}


@pytest.mark.parametrize("folder", ["chatapp", "tests", "scripts", "benchmarks"])
def test_no_file_has_more_than_400_lines(folder: str) -> None:
    long = {str(p.relative_to(ROOT)): n for p in (ROOT / folder).rglob("*.py") if (n := _lines(p)) > 400}
    assert long == {}


def _lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def test_every_module_says_what_it_is_and_none_has_a_vague_name() -> None:
    silent = [str(p.relative_to(ROOT)) for p in SOURCES if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert silent == []
    assert [p for p in SOURCES if p.name in VAGUE] == []


def test_none_and_true_keep_their_references_when_qt_is_called() -> None:
    """PySide6 6.12.0 on Python < 3.12 drops one in each void call and aborts after some thousands."""

    class Sender(QObject):
        sent = Signal()

    if sys.version_info >= (3, 12):
        return  # they are immortal there
    sender, before = Sender(), (sys.getrefcount(None), sys.getrefcount(True))
    for _ in range(2000):
        sender.sent.emit()
        sender.setObjectName("x")
        sender.blockSignals(False)
    after = (sys.getrefcount(None), sys.getrefcount(True))
    assert all(now > then - 500 for then, now in zip(before, after, strict=True))


def test_the_map_names_every_file_and_no_other() -> None:
    """The tree in the map, read as a person reads it: a folder, then its files, with paths below that folder."""
    tree = MAP.read_text(encoding="utf-8").split("```")[1]
    named: set[str] = set()
    top = inner = ""
    for line in tree.splitlines():
        if match := re.match(r"  (\w+)/ ", line):
            top, inner = f"{match[1]}/", ""
        elif match := re.match(r"    ([\w/]+/) ", line):
            inner = match[1]
        elif re.match(r"  ? ?\S", line) or re.match(r"    \S", line):
            inner = ""
        if re.match(r"  \w+\.py", line):
            top = inner = ""
        named |= {f"{top}{inner}{name}" for name in re.findall(r"(?<![\w/])[\w/]+\.py", line)}
    files = {str(p.relative_to(PACKAGE)) for p in SOURCES if p.name != "__init__.py"}
    assert named - {"__init__.py", "ui/tabs/__init__.py"} == files


@pytest.mark.parametrize(
    ("question", "answer", "proof"),
    [
        ("Where is the sampler order?", "core/sampling.py", "SAMPLER_ORDER ="),
        ("Where is a sampler built?", "workers/engine/llama/sampler.py", "llama_sampler_init_top_k"),
        ("Where is the chat template rendered?", "workers/engine/prompt.py", "def render_chat"),
        ("Where does Stop reach a running computation?", "workers/engine/cancel.py", "strlen"),
        ("Where is a worker's end noticed?", "services/inference.py", "def _on_ended"),
        ("Where is an error sentence written?", "core/sentences.py", "MODEL_MISSING ="),
        ("Where is the database's format?", "storage/migrations.py", "CREATE TABLE message"),
        ("Where is a tab added?", "ui/tabs/__init__.py", "TABS"),
        ("Where are the colours?", "ui/theme.py", "LIGHT = Colors"),
        ("Where do messages cross the pipe?", "protocol/engine.py", "class Generate"),
    ],
)
def test_ten_questions_are_answered_by_the_map_alone(question: str, answer: str, proof: str) -> None:
    text = MAP.read_text(encoding="utf-8")
    row = next((line for line in text.splitlines() if question.lower() in line.lower()), "")
    assert f"`chatapp/{answer}`" in row, question
    assert proof in (PACKAGE / answer).read_text(encoding="utf-8")


def test_the_window_loads_neither_the_engine_nor_torch() -> None:
    code = (
        "import sys, chatapp.app, chatapp.ui.tabs, chatapp.ui.widgets.component_card\n"
        "heavy = {'llama_cpp', 'torch', 'gguf', 'transformers', 'jinja2', 'rich', 'chatapp.workers'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_terminal_loads_neither_qt_nor_the_engine() -> None:
    code = (
        "import sys, chatapp.__main__, chatapp.cli.main, chatapp.cli.generate, chatapp.cli.chat\n"
        "import chatapp.cli.models, chatapp.cli.selfcheck, chatapp.cli.components\n"
        "heavy = {m for m in sys.modules if m.split('.')[0] in ('PySide6', 'llama_cpp', 'torch')}\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_engine_does_not_load_torch() -> None:
    """Nor do the packages it uses, which look for it."""
    code = (
        "import sys, chatapp.workers.engine.main, chatapp.workers.engine.llama.engine\n"
        "heavy = {'torch', 'transformers', 'peft', 'gguf', 'safetensors'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_every_text_shown_goes_through_translation() -> None:
    """No literal with a letter is handed to a widget's text setters or constructors."""
    setters = {"setText", "setToolTip", "setPlaceholderText", "setAccessibleName", "addAction", "addItem", "setTitle"}
    makers = {"QLabel", "QPushButton", "QToolButton", "QAction", "QCheckBox", "QGroupBox"}
    found = []
    for path in (PACKAGE / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in setters | makers:
                found += [
                    f"{path.name}:{arg.lineno} {arg.value}"
                    for arg in node.args
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str) and re.search("[A-Za-z]", arg.value)
                ]
    assert found == []
