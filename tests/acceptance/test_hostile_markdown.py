"""Whatever a model writes: no file is opened and nobody is called."""

from __future__ import annotations

import ctypes
import os
import random
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from benchmarks.hostile_markdown import payloads
from chatapp.app import App
from chatapp.core.chat import Message, Role
from chatapp.ui.tabs.chat.message_view import MessageView
from chatapp.ui.widgets.link_dialog import LinkDialog
from chatapp.ui.widgets.markdown_view import MarkdownView
from chatapp.ui.widgets.rich_text import RichText
from tests.qt.conftest import MakeApp, app, chat_of, library_model, make_app

__all__ = ["MakeApp", "app", "library_model", "make_app"]  # fixtures
_IN_OPEN, _IN_NONBLOCK = 0x20, 0o4000
needs_inotify = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="watches files with inotify")


class Watch:
    """Counts how often a file of `folder` is opened."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(_IN_NONBLOCK)
        assert libc.inotify_add_watch(self._fd, os.fsencode(folder), _IN_OPEN) >= 0

    def events(self) -> bytes:
        try:
            return os.read(self._fd, 1 << 16)
        except BlockingIOError:
            return b""


@dataclass
class Listener:
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, address = self._socket.accept()
            except OSError:
                return
            self.calls.append(str(address))
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.close()


def reply(text: str) -> Message:
    return Message(id="m", conversation_id="c", parent_id=None, role=Role.ASSISTANT, text=text, created_at=0.0)


@pytest.fixture
def bait(tmp_path: Path) -> Path:
    folder = tmp_path / "bait"
    folder.mkdir()
    for name in ("picture.png", "style.css", "page.html"):
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    os.mkfifo(folder / "fifo.png")
    return folder


@needs_inotify
def test_no_file_is_opened_and_nobody_is_called(
    app: App, qtbot: QtBot, bait: Path, listener: Listener, rng: random.Random, long_run: bool
) -> None:
    held = os.open(bait / "fifo.png", os.O_RDWR)  # else whoever opened it would wait for ever
    host = f"127.0.0.1:{listener.port}"
    paths = [str(path) for path in bait.iterdir()]
    targets = [*paths, *(f"file://{path}" for path in paths), f"http://{host}/a.png", f"//{host}/b.png"]
    targets += [f"\\\\{host}\\share\\c.png", f"data:text/html,<img src='http://{host}/d.png'>", f"qrc:{paths[0]}"]
    watch, transcript = Watch(bait), chat_of(app).transcript
    chat_of(app).show_transcript()
    for payload in payloads(200 if long_run else 80, rng, targets, host):
        transcript.set_messages([reply(payload)])
        QTest.qWait(5)
        app.window.grab()
        (view,) = [view for view in transcript.findChildren(MessageView) if view.isVisible()]
        assert view.body.text() == payload
        for text in view.findChildren(MarkdownView):
            QTest.mouseMove(text.viewport(), text.viewport().rect().center())
    QTest.qWait(300)  # formulas are drawn in the background
    os.close(held)
    assert watch.events() == b""
    assert listener.calls == []


@needs_inotify
def test_the_watch_and_the_listener_see_what_a_plain_document_opens(app: App, bait: Path, listener: Listener) -> None:
    watch = Watch(bait)
    document = QTextDocument()
    document.setMarkdown(f"![a]({bait / 'picture.png'})")
    document.size()
    assert watch.events() != b""
    socket.create_connection(("127.0.0.1", listener.port)).close()
    QTest.qWait(50)
    assert len(listener.calls) == 1


@pytest.mark.parametrize(
    ("address", "destination"),
    [
        ("https://good.example@evil.example/login", "evil.example"),
        ("https://аррӏе.com/", "xn--80ak6aa92e.com"),
        ("http://127.0.0.1:80/x", "127.0.0.1"),
        ("mailto:someone@example.org", "someone@example.org"),
    ],
)
def test_a_link_asks_first_and_shows_the_real_host(app: App, qtbot: QtBot, address: str, destination: str) -> None:
    chat = chat_of(app)
    chat.show_transcript()
    chat.transcript.set_messages([reply(f"[a good page]({address})")])
    (text,) = chat.transcript.findChildren(MarkdownView)
    text.anchorClicked.emit(QUrl(address))
    (dialog,) = chat.findChildren(LinkDialog)
    assert destination in dialog.text()
    opened: list[QUrl] = []
    dialog._browse = opened.append
    dialog.cancel.click()
    assert opened == []


def test_an_accepted_link_is_opened_in_the_browser(app: App) -> None:
    opened: list[QUrl] = []
    dialog = LinkDialog("https://example.org/a b", app.window, browse=opened.append)
    dialog.open()
    dialog.go.click()
    assert [bytes(url.toEncoded().data()) for url in opened] == [b"https://example.org/a%20b"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "/etc", "x:y"])
def test_only_pages_and_mails_are_links(app: App, link: str) -> None:
    transcript = chat_of(app).transcript
    transcript.set_messages([reply(f"[words]({link}) and [page](https://example.org)")])
    (text,) = transcript.findChildren(MarkdownView)
    assert text.document().toPlainText() == "words and page"
    assert "example.org" in text.toHtml()
    assert link not in text.toHtml()


def test_a_very_long_message_shows_more_on_request(app: App, qtbot: QtBot) -> None:
    transcript = chat_of(app).transcript
    chat_of(app).show_transcript()
    transcript.set_messages([reply("```\nx\n```\n\nword\n\n" * 400)])
    (body,) = transcript.findChildren(RichText)
    qtbot.waitUntil(body._more.isVisible, timeout=10_000)
    before = len(body.widgets())
    body._more.click()
    qtbot.waitUntil(lambda: len(body.widgets()) > before + 20, timeout=10_000)
