"""How smooth the conversation is: work per flush while a long reply streams in, opening, hostile texts.

Usage: python -m benchmarks.transcript [--tokens 8000] [--messages 500]
Offscreen and without a model: what is measured is the window. Run it on an idle machine. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from benchmarks.hostile_markdown import payloads
from chatapp.app import App
from chatapp.core.chat import Message, Role
from chatapp.storage.paths import find_paths
from chatapp.ui.tabs.chat.transcript import Transcript
from chatapp.ui.tabs.chat.view import ChatView

CHARACTERS = 400  # of a message
SETTLE = 200  # times three rounds of events: then all that is to be shown of a conversation is shown
PARTS = (
    "The river ran past the old mill, and the traders who came down it told **long** stories of the north. ",
    "模型的温度越高，输出就越随机。",
    "Take `x = softmax(z)`, that is $p_i = e^{z_i}$ over the sum. ",
    "\n\n1. first\n2. second\n   - with a point\n\n",
    "\n\n| name | value |\n|---|---:|\n| alpha | 1.5 |\n| beta | 22.75 |\n\n",
    "\n\n```python\ndef entropy(p: list[float]) -> float:\n    return -sum(q * log(q) for q in p)\n```\n\n",
    "\n\n> The snow lay on the bridge.\n\n## A heading\n\n",
)


def text_of(length: int, rng: random.Random) -> str:
    text = ""
    while len(text) < length:
        text += PARTS[0] if rng.random() < 0.6 else rng.choice(PARTS)
    return text[:length]


def messages_of(count: int, rng: random.Random) -> list[Message]:
    roles = (Role.USER, Role.ASSISTANT)
    return [
        Message(
            id=str(at),
            conversation_id="c",
            parent_id=str(at - 1) if at else None,
            role=roles[at % 2],
            text=text_of(CHARACTERS, rng),
            created_at=float(at),
        )
        for at in range(count)
    ]


def timed(work: Callable[[], object]) -> float:
    """Milliseconds until `work` is done and all it asked for is laid out and painted."""
    started = time.perf_counter()
    work()
    for _ in range(3):
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
    return (time.perf_counter() - started) * 1000


def streamed(transcript: Transcript, tokens: int, rng: random.Random) -> Iterator[float]:
    """Milliseconds of each flush; three tokens a flush, as at 90 tokens a second."""
    reply = Message(id="r", conversation_id="c", parent_id=None, role=Role.ASSISTANT, text="", created_at=1e9)
    transcript.add_message(reply)
    text = text_of(tokens * 4, rng)
    for at in range(0, len(text), 12):
        transcript.add_text("r", text[at : at + 12])
        yield timed(transcript._flush)


def p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=8000)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    application = QApplication([])
    with tempfile.TemporaryDirectory() as home:
        app = App(application, find_paths(home))
        app.window.show()
        chat = cast(ChatView, app.window.page("chat"))
        chat.show_transcript()
        transcript = chat.transcript
        timed(lambda: transcript.set_messages(messages_of(20, rng)))  # what is read once is read now
        time.sleep(1)
        timed(lambda: None)
        print("| | ms |\n|---|---|")
        opening = messages_of(2000, rng)
        print(f"| open a conversation of 2,000 messages | {timed(lambda: transcript.set_messages(opening)):.0f} |")
        timed(lambda: transcript.set_messages(messages_of(arguments.messages, rng)))
        filling = max(timed(lambda: None) for _ in range(SETTLE))
        print(f"| longest of three event rounds while earlier messages are filled in | {filling:.1f} |")
        flushes = list(streamed(transcript, arguments.tokens, rng))
        half = len(flushes) // 2
        print(f"| flush of a reply of {arguments.tokens} tokens, median | {statistics.median(flushes):.1f} |")
        print(f"| p99 | {p99(flushes):.1f} |\n| longest | {max(flushes):.1f} |")
        growth = statistics.median(flushes[half:]) / statistics.median(flushes[:half])
        print(f"| second half of the reply to the first | {growth:.2f} x |")
        stalls = []
        for number, payload in enumerate(payloads(200, rng, ["/nowhere/a.png", "http://127.0.0.1:9/a.png"], "h")):
            hostile = Message(
                id="h", conversation_id="c", parent_id=None, role=Role.ASSISTANT, text=payload, created_at=0.0
            )
            show = timed(lambda message=hostile: transcript.set_messages([message]))
            later = max(timed(lambda: time.sleep(0.001)) for _ in range(50))
            stalls.append((max(show, later), number, payload[:40]))
        stalls.sort(reverse=True)
        print(f"| longest of 200 hostile texts | {stalls[0][0]:.0f} |")
        for stall, number, beginning in stalls[:6]:
            print(f"  {stall:.0f} ms: {number} {beginning!r}")
        app.close()


if __name__ == "__main__":
    main()
