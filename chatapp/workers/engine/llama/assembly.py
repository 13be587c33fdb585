"""From a prompt to its token ids: template, texts, spliced replies, and what is left out when the context is full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from chatapp.core.chat import ChatMessage, Role, WhenFull
from chatapp.core.checks import checked_text
from chatapp.core.errors import error
from chatapp.core.prompt_token import PromptToken
from chatapp.core.sentences import PROMPT_EMPTY, PROMPT_TOO_LONG
from chatapp.protocol.engine import ChatPrompt, Prompt
from chatapp.workers.engine.fit import first_to_keep, turns_of
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from chatapp.workers.engine.prompt import PLAIN_TEMPLATE, PromptPart, render_answered, render_chat
from chatapp.workers.engine.text import TextStream

_KEPT_TEXTS = 4096  # whose ids are remembered: a conversation is rendered again and again


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembledPrompt:
    """ids and, for each, the place of the message it belongs to (None: the template's); the oldest `left_out` messages
    are not in it."""

    ids: list[int]
    sources: list[int | None]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredPrompt:
    """A prompt of n_prompt tokens and the reply to it in ids, with sources as above; tail: the tokens of what the
    template puts behind a finished reply."""

    ids: list[int]
    sources: list[int | None]
    n_prompt: int
    tail: list[int]


class PromptAssembler:
    """Belongs to one model. template: the model's own; None: the plain one."""

    def __init__(self, vocabulary: Vocabulary, template: str | None) -> None:
        self._vocabulary = vocabulary
        self._template = template
        self._joined = lru_cache(_KEPT_TEXTS)(vocabulary.tokenize_joined)
        self._alone = lru_cache(_KEPT_TEXTS)(vocabulary.tokenize)

    @property
    def has_own_template(self) -> bool:
        return self._template is not None

    def is_plain(self, prompt: Prompt) -> bool:
        """Whether this prompt goes into the plain template."""
        return isinstance(prompt, ChatPrompt) and (prompt.plain or self._template is None)

    def assemble(self, prompt: Prompt, *, n_ctx: int, max_tokens: int) -> AssembledPrompt:
        """Raises AppError where it is empty, can't be rendered or does not fit."""
        if isinstance(prompt, ChatPrompt):
            assembled = self._assemble_chat(prompt, n_ctx - min(max_tokens, n_ctx // 4), n_ctx // 4)
        else:
            assembled = self._assembled([PromptPart(text=checked_text(prompt.text), special=False)])
        if not assembled.ids:
            raise error(PROMPT_EMPTY)
        if len(assembled.ids) >= n_ctx:
            raise error(PROMPT_TOO_LONG, needed=len(assembled.ids), limit=n_ctx)
        return assembled

    def answered(self, messages: Sequence[ChatMessage]) -> AnsweredPrompt:
        """Messages that end with a reply. The prompt is what a chat feeds to be given that reply, whatever the template
        makes of it once it is there; raises AppError."""
        for message in messages:
            checked_text(message.text)
        template = self._template or PLAIN_TEMPLATE
        asked = self._assembled(self._rendered(template, messages[:-1], continues=False))
        bos, eos = self._edges()
        parts, behind = render_answered(template, messages, bos=bos, eos=eos)
        whole = self._assembled(parts)
        n_prompt, last = len(asked.ids), len(messages) - 1
        if whole.ids[:n_prompt] == asked.ids:
            reply = whole.ids[n_prompt:]
        else:
            reply = [token for token, source in zip(whole.ids, whole.sources, strict=True) if source == last]
        tail = self._joined("".join(part.text for part in behind), special=True)
        sources = [*asked.sources, *([last] * len(reply))]
        return AnsweredPrompt(ids=[*asked.ids, *reply], sources=sources, n_prompt=n_prompt, tail=tail)

    def tokens(self, assembled: AssembledPrompt) -> tuple[PromptToken, ...]:
        """What is shown of a prompt."""
        readable, shown = TextStream(()), list[PromptToken]()
        for token, source in zip(assembled.ids, assembled.sources, strict=True):
            data = self._vocabulary.piece(token)
            text = readable.feed(data)[0] if data else self._vocabulary.control_text(token)
            shown.append(PromptToken(id=token, text=text, data=data, control=not data, message=source))
        return tuple(shown)

    def _assemble_chat(self, prompt: ChatPrompt, limit: int, step: int) -> AssembledPrompt:
        for message in prompt.messages:
            checked_text(message.text)
        n_system = next((at for at, m in enumerate(prompt.messages) if m.role is not Role.SYSTEM), len(prompt.messages))
        system, talk = prompt.messages[:n_system], prompt.messages[n_system:]
        template = PLAIN_TEMPLATE if self.is_plain(prompt) else self._template or PLAIN_TEMPLATE

        def beginning_at(turn: int) -> AssembledPrompt:
            parts = self._rendered(template, (*system, *talk[turn:]), continues=prompt.continues)
            return self._assembled(parts, n_system=n_system, left_out=turn)

        if prompt.when_full is WhenFull.STOP or not talk:
            return beginning_at(0)
        kept = first_to_keep(turns_of(talk), lambda turn: len(beginning_at(turn).ids), limit=limit, step=step)
        return beginning_at(kept)

    def _are_its_ids(self, part: PromptPart) -> bool:
        """Whether the ids kept with a reply are its text: they may be those of another model that lay at the path."""
        known = bool(part.ids) and all(0 <= token < self._vocabulary.n_tokens for token in part.ids)
        return known and b"".join(map(self._vocabulary.piece, part.ids)) == part.text.encode("utf-8")

    def _rendered(self, template: str, messages: Sequence[ChatMessage], *, continues: bool) -> list[PromptPart]:
        bos, eos = self._edges()
        return render_chat(template, messages, bos=bos, eos=eos, continues=continues)

    def _edges(self) -> tuple[str, str]:
        """(BOS, EOS) as a template writes them."""
        vocabulary = self._vocabulary
        return vocabulary.control_text(vocabulary.bos), vocabulary.control_text(vocabulary.eos)

    def _assembled(self, parts: Sequence[PromptPart], *, n_system: int = 0, left_out: int = 0) -> AssembledPrompt:
        ids: list[int] = []
        sources: list[int | None] = []
        for at, part in enumerate(parts):
            text = part.text
            if at > 0 and _lends_space(parts[at - 1], part):
                text = f" {text}"
            if at + 1 < len(parts) and _lends_space(part, parts[at + 1]):
                text = text[:-1]
            after_control = not ids or not self._vocabulary.piece(ids[-1])
            tokenize = self._alone if after_control else self._joined
            added = part.ids if self._are_its_ids(part) else tokenize(text, special=part.special)
            source = part.message
            if source is not None and source >= n_system:
                source += left_out
            ids += added
            sources += [source] * len(added)
        if self._vocabulary.adds_bos and ids[:1] != [self._vocabulary.bos]:
            ids.insert(0, self._vocabulary.bos)
            sources.insert(0, None)
        return AssembledPrompt(ids=ids, sources=sources, left_out=left_out)


def _lends_space(before: PromptPart, part: PromptPart) -> bool:
    """Whether the one space a template puts before a text is tokenised with it: " word" is a token, " " and "word" are
    what the model has never seen."""
    return (
        before.message is None
        and part.message is not None
        and not part.ids
        and before.text.endswith(" ")
        and not before.text.endswith("  ")
        and not part.text[:1].isspace()
    )
