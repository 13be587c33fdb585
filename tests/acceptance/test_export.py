"""A tree of 500 messages exported, imported and exported again is the same file, through the app itself."""

from __future__ import annotations

import random
from pathlib import Path

from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import Conversation, Message, MessageState, Reply, Role
from chatapp.core.errors import error
from chatapp.core.generation import FinishReason, Usage
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import WORKER_DIED
from chatapp.storage.chats import ChatStore
from tests.qt.conftest import MakeApp, library_model, make_app

__all__ = ["library_model", "make_app"]  # fixtures
COUNT = 500
PIECES = ("a ", "温度", "\n\n", "😀", "```py\n", "\t", "\u2028", "\x00", '"', "\\u0041", "é", "‮", "</s>", "x" * 50)


def reply(rng: random.Random) -> Reply:
    if rng.random() < 0.1:
        return Reply(model="/模型.gguf", error=error(WORKER_DIED, outcome="signal 6", detail="a\nb").info)
    usage = Usage(
        prompt_tokens=rng.randrange(9999),
        cached_tokens=rng.randrange(9999),
        completion_tokens=rng.randrange(9999),
        prompt_ms=rng.random() * 1e4,
        generate_ms=rng.random() / 3,
        context_tokens=rng.randrange(9999),
        left_out=rng.randrange(3),
    )
    return Reply(
        model="/m.gguf",
        finish_reason=rng.choice(list(FinishReason)),
        seed=rng.randrange(2**32 - 1),
        usage=usage,
        ids=tuple(rng.randrange(50_000) for _ in range(rng.randrange(40))),
        sampling=SamplingSettings(temperature=rng.random() * 2, stop=("###",) * rng.randrange(2)),
        first_token_ms=rng.random() * 1000,
        reproducible=rng.random() < 0.5,
    )


def tree(rng: random.Random) -> tuple[Conversation, list[Message]]:
    messages: list[Message] = []
    for number in range(COUNT):
        parent = rng.choice(messages) if messages and rng.random() < 0.97 else None
        mine = parent is None or parent.role is Role.ASSISTANT
        messages.append(
            Message(
                id=f"m{number}",
                conversation_id="c",
                parent_id=parent.id if parent is not None else None,
                role=Role.USER if mine else Role.ASSISTANT,
                text="".join(rng.choice(PIECES) for _ in range(rng.randrange(60))),
                created_at=rng.random() * 1e9,  # not even in order
                state=rng.choice((MessageState.COMPLETE, MessageState.INTERRUPTED)),
                reply=Reply() if mine else reply(rng),
            )
        )
    conversation = Conversation(
        id="c",
        title="A tree “of” 消息 / <b>",
        created_at=rng.random() * 1e9,
        updated_at=rng.random() * 1e9,
        leaf_id=rng.choice(messages).id,
        folder="F",
        pinned=True,
        draft="half\na thought",
        system_prompt="Be brief.\x00",
        sampling=SamplingSettings(temperature=1.1, seed=5, top_p=0.1 + 0.2),
    )
    return conversation, messages


def exported(app: App, qtbot: QtBot, conversation_id: str, path: Path) -> bytes:
    with qtbot.waitSignal(app.context.shelf.exported, timeout=10_000):
        app.context.shelf.export(conversation_id, str(path))
    return path.read_bytes()


def imported(app: App, qtbot: QtBot, path: Path) -> str:
    with qtbot.waitSignal(app.context.shelf.imported, timeout=10_000) as caught:
        app.context.shelf.import_file(str(path))
    return str(caught.args[0].id)


def test_export_import_export_gives_the_same_file(
    make_app: MakeApp, qtbot: QtBot, rng: random.Random, tmp_path: Path
) -> None:
    app = make_app()
    conversation, messages = tree(rng)
    app._storage_work._pool.submit(
        ChatStore.add_turn, app.context.conversations._store, conversation, messages
    ).result()
    app.context.shelf.put(conversation)
    first = exported(app, qtbot, "c", tmp_path / "1.json")
    copy_id = imported(app, qtbot, tmp_path / "1.json")
    assert copy_id != "c"
    assert exported(app, qtbot, copy_id, tmp_path / "2.json") == first
    app.context.shelf.remove("c")
    again_id = imported(app, qtbot, tmp_path / "2.json")
    app.close()
    app = make_app()  # and after a restart
    qtbot.waitUntil(lambda: app.context.shelf.get(again_id) is not None, timeout=5_000)
    assert exported(app, qtbot, again_id, tmp_path / "3.json") == first
    kept = app._storage_work._pool.submit(app.context.conversations._store.messages, again_id).result()
    at = sorted(kept, key=lambda m: m.created_at), sorted(messages, key=lambda m: m.created_at)
    assert [(m.role, m.text, m.created_at, m.reply) for m in at[0]] == [
        (m.role, m.text, m.created_at, m.reply) for m in at[1]
    ]
