"""How much of what the KV cache holds a new prompt can keep. Pure: ids in, a plan out.

The same tokens evaluated in calls of another size give slightly different logits, so a reply is reproducible only
where every cell it rests on was evaluated as a fresh process would: in calls of CHUNK tokens from position 0. A cell
that was evaluated one token at a time, while a reply was written, saves its time all the same; the reply is then said
to be not reproducible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReusePlan:
    """keep: how many leading tokens stay; evaluate the rest, which is none where `whole`.

    whole: the prompt is the one evaluated last, whose logits are still known. exact: the logits will be those of a
    fresh evaluation.
    """

    keep: int
    exact: bool
    whole: bool = False


def plan_reuse(
    cached: Sequence[int], prompt: Sequence[int], *, last_prompt: int, logits_known: bool, exact_until: int, chunk: int
) -> ReusePlan:
    """What to keep of `cached`, the ids in the KV cache, for `prompt`.

    last_prompt: how many of `cached` were the last prompt; logits_known: whether its logits still are.
    exact_until: how many leading tokens of `cached` were evaluated as a fresh process would evaluate them, the last
    prompt's own incomplete chunk included.

    A prompt that goes on from the last one keeps every cell. One that parts from it earlier (an edit, another chat
    with the same system prompt) keeps inexact cells only where they save half a chunk or more: less is no time gained
    for a reply that can't be reproduced.
    """
    common = common_prefix(cached, prompt)
    if logits_known and common >= last_prompt == len(prompt):
        return ReusePlan(keep=len(prompt), exact=exact_until >= len(prompt), whole=True)
    keep = min(common, len(prompt) - 1)  # the last token is evaluated in any case, for its logits
    whole_chunks = min(keep, exact_until) // chunk * chunk
    goes_on = 0 < last_prompt <= common and last_prompt < len(prompt)
    if not goes_on and keep - whole_chunks < chunk // 2:
        keep = whole_chunks
    return ReusePlan(keep=keep, exact=keep == whole_chunks)


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """How many leading ids are the same."""
    length = min(len(first), len(second))
    for at in range(length):
        if first[at] != second[at]:
            return at
    return length
