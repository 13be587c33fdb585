"""Done when: no escape sequence, control character or mark that turns the direction of writing gets from a model's
metadata, a path or a reply to the terminal."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp.storage.paths import Paths

pytestmark = pytest.mark.model

EVIL = "\x1b]0;title\x07\x1b[2J\x1b[31m\x9b\u202egpj\u2066\x08\x7f"
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
TEMPLATE = b"tokenizer.chat_template"


def chatapp(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "chatapp", *arguments], capture_output=True, timeout=120, check=False, env=os.environ
    )
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


@pytest.fixture
def evil_model(starter_model: Path, tmp_path: Path) -> Path:
    """The starter model with escapes in its file's name and in the template in its header."""
    path = tmp_path / f"evil{EVIL}.gguf"
    shutil.copy(starter_model, path)
    with path.open("r+b") as file:
        head = file.read(8 << 20)
        at = head.index(TEMPLATE) + len(TEMPLATE) + 4
        (length,) = struct.unpack_from("<Q", head, at)
        file.seek(at + 8)
        file.write((b"{# " + EVIL.encode() + b" #}{{ messages[0].content }}").ljust(length))
    return path


def test_metadata_and_paths_of_a_model_do_not_reach_the_terminal_as_they_are(
    starter_library: Paths, evil_model: Path
) -> None:
    said = [
        chatapp("models", "add", str(evil_model)),
        chatapp("models", "info", str(evil_model)),
        chatapp("models", "list"),
        chatapp("models", "verify"),
        chatapp("generate", "--model", str(evil_model), "--prompt", "Hi", "--max-tokens", "4", "--threads", "1"),
    ]
    assert [code for code, _, _ in said] == [0] * len(said), said
    assert "tokenizer.chat_template: {# " in said[1][1]
    refused = [
        chatapp("generate", "--model", f"/no/such{EVIL}.gguf", "--prompt", "Hi"),
        chatapp("models", "info", f"{EVIL}"),
        chatapp("generate", "--data-dir", f"/proc/no{EVIL}", "--prompt", "Hi"),
    ]
    assert [code for code, _, _ in refused] == [1] * len(refused), refused
    for _, out, err in (*said, *refused):
        assert not HARMFUL.search(out), out
        assert not HARMFUL.search(err), err
    assert "evil" in said[2][1]


def test_json_keeps_what_is_there_but_escaped(starter_library: Paths, evil_model: Path) -> None:
    code, out, _ = chatapp("models", "info", str(evil_model), "--json")
    assert code == 0
    assert not HARMFUL.search(out)
    assert "\x1b" in json.loads(out)["header"]["tokenizer.chat_template"]


def test_a_reply_does_not_steer_the_terminal(starter_library: Paths, tmp_path: Path) -> None:
    """A grammar makes the model write an escape sequence."""
    grammar = tmp_path / "grammar.gbnf"
    grammar.write_text(r'root ::= "red" "\x1b" "[31m" "\x07" "text" "\n" "\t" "end"')
    options = ("--threads", "1", "--temperature", "0", "--grammar", str(grammar), "--max-tokens", "40")
    code, out, err = chatapp("generate", "--prompt", "Write in red.", *options)
    assert code == 0, err
    assert not HARMFUL.search(out + err)
    assert re.search(r"red(\[31m)?text\n\tend", out), out
    code, out, err = chatapp("generate", "--prompt", "Write in red.", "--json", *options)
    assert json.loads(out.splitlines()[-1])["text"] == "red\x1b[31m\x07text\n\tend"
