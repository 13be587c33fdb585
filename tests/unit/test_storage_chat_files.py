from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from chatapp.core.chat import Conversation, Message, MessageState, Reply, Role, branch
from chatapp.core.errors import AppError, ErrorKind, error
from chatapp.core.generation import FinishReason, Usage
from chatapp.core.sampling import MAX_SEED, LogitBias, SamplingSettings
from chatapp.core.sentences import WORKER_DIED
from chatapp.storage.chat_files import conversation_of, json_of, markdown_of
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database
from chatapp.storage.paths import Paths
from tests.builders import conversation, message

NOW = 2e9
TEXTS = (
    "",
    " ",
    "天空\n\n```py\nx = 1\n```\n",
    "😀" * 9,
    'a "quoted" \\ back\\slash \t\r\n',
    "\0\x01\x7f\u2028",
    "é e\u0301",
)
USAGE = Usage(
    prompt_tokens=1, cached_tokens=2, completion_tokens=3, prompt_ms=0.1 + 0.2, generate_ms=1e-7, context_tokens=4
)


@pytest.fixture
def store(paths: Paths) -> Iterator[ChatStore]:
    database = Database(paths.database)
    yield ChatStore(database)
    database.close()


def random_reply(rng: random.Random) -> Reply:
    return Reply(
        model=rng.choice(("", "/models/天空 (2).gguf")),
        finish_reason=rng.choice((None, *FinishReason)),
        seed=rng.choice((None, 0, MAX_SEED, rng.getrandbits(31))),
        usage=rng.choice((None, USAGE, replace(USAGE, generate_ms=rng.random() * 1e6, left_out=2))),
        error=rng.choice((None, error(WORKER_DIED, outcome="信号 9", detail="line\nline").info)),
        ids=tuple(rng.choices(range(262_144), k=rng.randint(0, 9))),
        sampling=rng.choice((None, SamplingSettings(), random_sampling(rng))),
        first_token_ms=rng.choice((None, 0.0, rng.random() * 1e4)),
        reproducible=rng.choice((None, True, False)),
    )


def random_sampling(rng: random.Random) -> SamplingSettings:
    return SamplingSettings(temperature=rng.random(), top_p=rng.random(), seed=rng.choice((None, 3)), stop=("\n", "停"))


def random_tree(rng: random.Random, count: int = 500) -> tuple[Conversation, list[Message]]:
    messages: list[Message] = []
    for at in range(count):
        parent = rng.choice(messages[-5:]) if messages and rng.random() > 0.05 else None
        plain = message(f"m{at}", parent.id if parent else None, role=rng.choice(list(Role)), text=rng.choice(TEXTS))
        state = rng.choice((MessageState.COMPLETE, MessageState.INTERRUPTED))
        created_at = 1.7e9 + rng.randint(-50, 50) + rng.random() * rng.randint(0, 1)  # a clock may be set back
        messages.append(replace(plain, state=state, created_at=created_at, reply=random_reply(rng)))
    about = replace(
        conversation(title="标题 “x”", leaf_id=rng.choice(messages).id),
        created_at=1.6e9 + rng.random(),
        updated_at=1.7e9 + 1 / 3,
        folder="作业",
        pinned=True,
        draft="half a\nsentence",
        system_prompt="Be brief.",
        sampling=random_sampling(rng),
    )
    return about, messages


def exported(store: ChatStore, conversation_id: str) -> bytes:
    (known,) = (known for known in store.conversations() if known.id == conversation_id)
    return json_of(known, store.messages(conversation_id))


def imported(store: ChatStore, data: bytes) -> str:
    added, messages = conversation_of(data, NOW)
    store.add_turn(added, messages)
    return added.id


def test_a_tree_of_500_messages_comes_out_as_it_went_in(store: ChatStore, tmp_path: Path, rng: random.Random) -> None:
    original, messages = random_tree(rng)
    store.add_turn(original, messages)
    first = exported(store, original.id)
    twice = [imported(store, first) for _ in range(2)]
    assert len({original.id, *twice}) == 3
    assert [exported(store, identity) for identity in twice] == [first, first]
    elsewhere = Database(tmp_path / "other.sqlite3")
    other = ChatStore(elsewhere)
    assert exported(other, imported(other, exported(store, twice[1]))) == first
    elsewhere.close()


def test_nothing_is_lost_but_the_ids_and_the_bin(rng: random.Random) -> None:
    original, messages = random_tree(rng, 40)
    copy, copies = conversation_of(json_of(replace(original, deleted_at=5.0), messages), NOW)
    ids = {new.id: old.id for new, old in zip(copies, messages, strict=True)} | {None: None}
    back = [
        replace(new, id=ids[new.id], conversation_id=original.id, parent_id=ids[new.parent_id])  # type: ignore[arg-type]
        for new in copies
    ]
    assert back == messages
    assert replace(copy, id=original.id, leaf_id=ids[copy.leaf_id]) == original
    assert not {original.id, *(m.id for m in messages)} & {copy.id, *(m.id for m in copies)}


def test_the_file_names_every_field_and_no_id_and_can_be_read(rng: random.Random) -> None:
    original, messages = random_tree(rng, 9)
    data = json_of(original, messages)
    document = json.loads(data)
    assert list(document)[:3] == ["format", "version", "title"]
    assert (document["format"], document["version"]) == ("chatapp-conversation", 1)
    assert set(document) >= {field.name for field in fields(Conversation)} - {"id", "leaf_id", "deleted_at"}
    (own,) = {tuple(entry) for entry in document["messages"]}
    assert set(own) == {field.name for field in fields(Message)} - {"id", "conversation_id", "parent_id"} | {"parent"}
    assert set(document["messages"][0]["reply"]) == {field.name for field in fields(Reply)}
    assert "作业".encode() in data
    assert b'\n  "folder": ' in data
    assert b'"m1"' not in data


def test_a_file_from_before_the_newer_samplers_is_read_and_theirs_come_back() -> None:
    sampling = SamplingSettings(temperature=0.5, seed=7, stop=("x",), logit_bias=(LogitBias(token=3, bias=-2.5),))
    whole = replace(sampling, typical=0.5, mirostat="2", grammar="root ::= [a]")
    chat = replace(conversation(), sampling=whole)
    assert conversation_of(json_of(chat, []), now=1.0)[0].sampling == whole
    document = json.loads(json_of(replace(chat, sampling=sampling), []))
    known = ("max_tokens", "temperature", "top_k", "top_p", "min_p", "repeat_penalty", "seed", "stop")
    document["sampling"] = {name: document["sampling"][name] for name in known}
    old = conversation_of(json.dumps(document).encode(), now=1.0)[0].sampling
    assert old == replace(sampling, logit_bias=())


def test_a_reply_that_is_being_written_is_exported_as_interrupted() -> None:
    data = json_of(conversation(leaf_id="r"), [message("r", text="half", state=MessageState.STREAMING)])
    assert json.loads(data)["messages"][0]["state"] == "interrupted"
    _, (reply,) = conversation_of(data.replace(b'"interrupted"', b'"streaming"'), NOW)
    assert (reply.text, reply.state) == ("half", MessageState.INTERRUPTED)


def test_a_time_that_has_not_come_yet_is_now() -> None:
    data = json_of(replace(conversation(), updated_at=NOW + 9), [])
    assert conversation_of(data, NOW)[0].updated_at == NOW


def test_an_empty_conversation_comes_back() -> None:
    added, messages = conversation_of(json_of(conversation(title=""), []), NOW)
    assert (added.leaf_id, messages) == (None, [])


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """A valid file of a question and its reply with an error, changed."""
    how = Reply(model="/m.gguf", usage=USAGE, error=error(WORKER_DIED, outcome="x").info, sampling=SamplingSettings())
    messages = [message("a"), replace(message("b", "a", role=Role.ASSISTANT), reply=how)]
    document = json.loads(json_of(conversation(leaf_id="b"), messages))
    change(document)
    return json.dumps(document).encode()


def with_message(place: int, **values: Any) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["messages"][place].update(values)


def with_reply(**values: Any) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["messages"][1]["reply"].update(values)


WRONG = {
    "nothing": b"",
    "no JSON": b"# A title\n\ntext",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0",
    "no UTF-8": changed(lambda _: None).replace(b"text", b"te\xff\xfet"),
    "cut short": changed(lambda _: None)[:-20],
    "nested deeply": b"[" * 100_000,
    "nested deeply in a field": changed(lambda d: d).replace(b'"draft": ""', b'"draft": ' + b"[" * 100_000),
    "another kind of value": b"[1]",
    "another format": changed(lambda d: d.update(format="notes")),
    "no format": changed(lambda d: d.pop("format")),
    "version 0": changed(lambda d: d.update(version=0)),
    "a version in words": changed(lambda d: d.update(version="1")),
    "a field missing": changed(lambda d: d.pop("draft")),
    "a field too many": changed(lambda d: d.update(colour="red")),
    "title of a wrong kind": changed(lambda d: d.update(title=None)),
    "messages of a wrong kind": changed(lambda d: d.update(messages={})),
    "leaf that is not there": changed(lambda d: d.update(leaf=2)),
    "leaf before the first": changed(lambda d: d.update(leaf=-1)),
    "parent that is not there": changed(with_message(1, parent=7)),
    "parent before the first": changed(with_message(1, parent=-1)),
    "parent that comes later": changed(with_message(0, parent=1)),
    "its own parent": changed(with_message(1, parent=1)),
    "parent that is no number": changed(with_message(1, parent="a")),
    "unknown role": changed(with_message(1, role="robot")),
    "a long unknown role": changed(with_message(1, role="r" * 1_000_000)),
    "a format with a long name": changed(lambda d: d.update(format="r" * 1_000_000)),
    "unknown state": changed(with_message(1, state="asleep")),
    "half a character": changed(with_message(1, text="\ud800")),
    "half a character in the title": changed(lambda d: d.update(title="a\udc00")),
    "half a character in a reply": changed(with_reply(model="\ud800x")),
    "a time beyond all calendars": changed(with_message(1, created_at=1e300)),
    "a time before all": changed(lambda d: d.update(created_at=-1.0)),
    "a number without end": changed(lambda d: d.update(updated_at=float("inf"))),
    "no number": changed(lambda d: d.update(updated_at=float("nan"))),
    "an id of 40 digits": changed(with_reply(ids=[10**40])),
    "a seed of 5,000 digits": changed(with_reply(seed=0)).replace(b'"seed": 0', b'"seed": ' + b"9" * 5_000),
    "sampling out of range": changed(lambda d: d.update(sampling={"temperature": 99})),
    "half a character to stop at": changed(with_reply(sampling={"stop": ["\ud800"]})),
    "an error that fills a billion blanks": changed(
        with_reply(error={"kind": "worker", "text": "{outcome:>1000000000}", "hint": "", "params": {"outcome": "x"}})
    ),
    "an error that looks inside": changed(with_reply(error={"kind": "bug", "text": "{a.__class__}", "hint": ""})),
    "an error that can't be filled": changed(with_reply(error={"kind": "bug", "text": "{", "hint": ""})),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_wrong_is_refused_in_words(name: str) -> None:
    with pytest.raises(AppError) as caught:
        conversation_of(WRONG[name], NOW)
    assert caught.value.info.kind is ErrorKind.BAD_INPUT
    assert len(caught.value.info.message) < 300
    assert caught.value.info.advice
    assert "{reason}" not in caught.value.info.message


def test_what_is_not_changed_can_be_read() -> None:
    assert len(conversation_of(changed(lambda _: None), NOW)[1]) == 2


def test_a_file_by_a_newer_version_says_so() -> None:
    with pytest.raises(AppError) as caught:
        conversation_of(changed(lambda d: (d.update(version=2), d.pop("leaf"), d.update(colour="red"))), NOW)
    assert "newer" in caught.value.info.message


def test_damage_is_refused_or_read_and_nothing_else(store: ChatStore, rng: random.Random) -> None:
    original, messages = random_tree(rng, 12)
    data = json_of(original, messages)
    outcomes: set[str] = set()
    for at in range(200):
        damaged = mutated(data, rng)
        try:
            added, copies = conversation_of(damaged, NOW)
        except AppError as problem:
            outcomes.add(problem.info.kind.value)
            continue
        store.add_turn(added, copies)
        again = exported(store, added.id)
        assert json_of(*conversation_of(again, NOW)) == again, at
        outcomes.add("read")
    assert outcomes == {ErrorKind.BAD_INPUT.value, "read"}


def mutated(data: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.4:  # some bytes
        damaged = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            start = rng.randrange(len(damaged))
            damaged[start : start + rng.randint(0, 3)] = bytes(rng.choices(range(256), k=rng.randint(0, 3)))
        return bytes(damaged)
    document = json.loads(data)  # some value
    at: Any = document
    while True:
        key = rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
        if not isinstance(at[key], (dict, list)) or not at[key] or rng.random() < 0.2:
            break
        at = at[key]
    values: tuple[Any, ...] = (
        None,
        True,
        0,
        -1,
        1,
        2**70,
        0.5,
        1e308,
        "",
        "x",
        "\ud800",
        "\0",
        [],
        {},
        [1],
        {"a": 1},
        "user",
        "streaming",
    )
    if isinstance(at, dict) and rng.random() < 0.2:
        del at[key]
    else:
        at[key] = rng.choice(values)
    return json.dumps(document).encode()


def test_markdown_is_to_be_read() -> None:
    code = "Use:\n\n```python\n# no heading\nx = 1\n```"
    tree = [
        message("a", text="How **do** I?"),
        replace(message("b", "a", role=Role.ASSISTANT, text=code), reply=Reply(model="C:\\models\\Tiny 1B.gguf")),
        message("x", "a", role=Role.ASSISTANT, text="not on show"),
        message("c", "b", text="谢谢"),
        message("d", "c", role=Role.ASSISTANT, text=""),
    ]
    shown = branch({m.id: m for m in tree}, "d")
    about = replace(conversation(title="Of\nsky"), system_prompt="Be *brief*.")
    assert markdown_of(about, shown) == (
        "# Of sky\n\n## System\n\nBe *brief*.\n\n## User\n\nHow **do** I?\n\n"
        f"## Tiny 1B\n\n{code}\n\n## User\n\n谢谢\n\n## Assistant\n"
    )
    assert markdown_of(conversation(), shown[:1]) == "# A title\n\n## User\n\nHow **do** I?\n"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("```py\nx = 1", "\n```"),
        ("~~~~\nx\n~~~", "\n~~~~"),
        ("- a\n  ````\n  ```\n", "\n````"),
        ("```\nx\n```", ""),
        ("```\nx\n`````  ", ""),
        ("```\n``` not the end", "\n```"),
        ("```inline``` only", ""),
        ("a ``` b", ""),
    ],
)
def test_code_that_was_cut_off_ends_before_the_next_message(text: str, end: str) -> None:
    tree = [message("a", role=Role.ASSISTANT, text=text), message("b", "a", text="next")]
    assert markdown_of(conversation(), tree).endswith(f"{text}{end}\n\n## User\n\nnext\n")
