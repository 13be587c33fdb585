from __future__ import annotations

import random

from chatapp.workers.engine.llama.reuse import ReusePlan, common_prefix, plan_reuse

CHUNK = 8


def plan(cached: list[int], prompt: list[int], *, last_prompt: int = 0, exact_until: int = 0) -> ReusePlan:
    return plan_reuse(
        cached, prompt, last_prompt=last_prompt, logits_known=last_prompt > 0, exact_until=exact_until, chunk=CHUNK
    )


def test_nothing_cached_is_a_fresh_evaluation() -> None:
    assert plan([], [1, 2, 3]) == ReusePlan(keep=0, exact=True)


def test_the_same_prompt_again_keeps_everything_and_is_exact() -> None:
    prompt = list(range(20))
    again = plan([*prompt, 91, 92], prompt, last_prompt=20, exact_until=20)
    assert again == ReusePlan(keep=20, exact=True, whole=True)


def test_the_same_prompt_on_inexact_cells_says_so() -> None:
    prompt = list(range(20))
    assert plan(prompt, prompt, last_prompt=20, exact_until=8) == ReusePlan(keep=20, exact=False, whole=True)


def test_a_longer_prompt_keeps_the_reply_and_is_not_exact() -> None:
    cached = list(range(30))
    assert plan(cached, [*cached, 90, 91], last_prompt=20, exact_until=20) == ReusePlan(keep=30, exact=False)


def test_a_prompt_that_parts_at_a_border_is_exact() -> None:
    cached = list(range(20))
    other = [*range(16), 90, 91, 92]
    assert plan(cached, other, last_prompt=20, exact_until=20) == ReusePlan(keep=16, exact=True)


def test_a_short_common_beginning_of_another_chat_is_not_worth_an_inexact_reply() -> None:
    cached = list(range(30))
    assert plan(cached, [0, 1, 2, 90, 91], last_prompt=20, exact_until=20) == ReusePlan(keep=0, exact=True)
    assert plan(cached, [*range(13), 90], last_prompt=20, exact_until=20) == ReusePlan(keep=13, exact=False)


def test_the_last_token_is_always_evaluated_unless_its_logits_are_known() -> None:
    cached = list(range(20))
    assert plan(cached, list(range(16)), last_prompt=20, exact_until=20).keep == 15
    assert plan(cached, cached, exact_until=4).keep == 19


def test_a_plan_never_keeps_what_differs(rng: random.Random) -> None:
    for _ in range(2000):
        cached = [rng.randrange(3) for _ in range(rng.randrange(40))]
        prompt = [rng.randrange(3) for _ in range(rng.randrange(1, 40))]
        exact_until = rng.randrange(len(cached) + 1)
        found = plan(cached, prompt, last_prompt=rng.randrange(len(cached) + 1), exact_until=exact_until)
        assert cached[: found.keep] == prompt[: found.keep]
        assert found.keep < len(prompt) or found.whole
        if found.exact and not found.whole:
            assert found.keep % CHUNK == 0
            assert found.keep <= exact_until
        assert common_prefix(cached, prompt) >= found.keep


def test_the_same_prompt_without_its_logits_is_evaluated_again_from_the_last_border() -> None:
    prompt = list(range(20))
    again = plan_reuse([*prompt, 9], prompt, last_prompt=20, logits_known=False, exact_until=20, chunk=CHUNK)
    assert again == ReusePlan(keep=16, exact=True)


def test_a_longer_prompt_goes_on_though_the_logits_are_not_known() -> None:
    cached = list(range(20))
    longer = plan_reuse(cached, [*cached, 90], last_prompt=18, logits_known=False, exact_until=18, chunk=CHUNK)
    assert longer == ReusePlan(keep=20, exact=False)
