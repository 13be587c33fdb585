"""How smooth the conversation is: start, work per flush while a long reply streams in, opening, hostile texts, search.

Usage: python -m benchmarks.transcript [--tokens 8000] [--messages 500]
Offscreen and without a model: what is measured is the window. Run it on an idle machine. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from benchmarks import search
from benchmarks.hostile_markdown import payloads
from chatapp.app import App
from chatapp.core.chat import Message, Role
from chatapp.storage.paths import find_paths
from chatapp.ui.tabs.chat.transcript import Transcript
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.widgets.thought_view import ThoughtView

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


def passes(work: Callable[[], object]) -> list[float]:
    """Milliseconds of `work` and of each pass through what it asked for: layouts, painting, work left for later."""
    times = [time.perf_counter()]
    work()
    times.append(time.perf_counter())
    for _ in range(3):
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
        times.append(time.perf_counter())
    return [(end - begin) * 1000 for begin, end in pairwise(times)]


def timed(work: Callable[[], object]) -> float:
    """Milliseconds until `work` is done and all it asked for is laid out and painted."""
    return sum(passes(work))


def streamed(transcript: Transcript, tokens: int, rng: random.Random) -> Iterator[float]:
    """Milliseconds of each flush; three tokens a flush, as at 90 tokens a second."""
    reply = Message(id="r", conversation_id="c", parent_id=None, role=Role.ASSISTANT, text="", created_at=1e9)
    transcript.add_message(reply)
    text = text_of(tokens * 4, rng)
    for at in range(0, len(text), 12):
        transcript.add_text("r", text[at : at + 12])
        yield timed(transcript._flush)


def stalls(transcript: Transcript, rng: random.Random) -> Iterator[tuple[float, str]]:
    """(milliseconds, beginning) of 200 hostile texts: the longest time in which the window answers nobody, while the
    text is shown, its thoughts are unfolded and what was left for later is done."""
    for payload in payloads(200, rng, ["/nowhere/a.png", "http://127.0.0.1:9/a.png"], "h"):
        hostile = Message(
            id="h", conversation_id="c", parent_id=None, role=Role.ASSISTANT, text=payload, created_at=0.0
        )
        times = passes(lambda message=hostile: transcript.set_messages([message]))  # type: ignore[misc]
        for thought in transcript.findChildren(ThoughtView)[:1]:
            times += passes(thought.toggle.click)
        for _ in range(50):
            times += passes(lambda: time.sleep(0.001))
        yield max(times), payload[:40]


def p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=8000)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    subprocess.run([sys.executable, "-m", "benchmarks.start"], check=True)
    print("\n| | ms |\n|---|---|")
    longest = measure_window(arguments.tokens, arguments.messages, random.Random(arguments.seed))
    for label, milliseconds in search.rows(seed=arguments.seed):
        print(f"| {label} | {milliseconds:.1f} |")
    print("\nThe longest hostile texts:")
    for stall, beginning in longest:
        print(f"- {stall:.0f} ms: {beginning!r}")


def measure_window(tokens: int, messages: int, rng: random.Random) -> list[tuple[float, str]]:
    """Prints rows; the six longest stalls."""
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
        opening = messages_of(2000, rng)
        print(f"| open a conversation of 2,000 messages | {timed(lambda: transcript.set_messages(opening)):.0f} |")
        timed(lambda: transcript.set_messages(messages_of(messages, rng)))
        filling = max(timed(lambda: None) for _ in range(SETTLE))
        print(f"| longest of three event rounds while earlier messages are filled in | {filling:.1f} |")
        flushes = list(streamed(transcript, tokens, rng))
        half = len(flushes) // 2
        print(f"| flush of a reply of {tokens} tokens, median | {statistics.median(flushes):.1f} |")
        print(f"| p99 | {p99(flushes):.1f} |\n| longest | {max(flushes):.1f} |")
        growth = statistics.median(flushes[half:]) / statistics.median(flushes[:half])
        print(f"| second half of the reply to the first | {growth:.2f} x |")
        longest = sorted(stalls(transcript, rng), reverse=True)[:6]
        print(f"| longest of 200 hostile texts | {longest[0][0]:.0f} |", flush=True)
        app.close()
    return longest


if __name__ == "__main__":
    main()
