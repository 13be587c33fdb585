"""Done when: at the reply's own settings the what-if bars equal the stored p_sampled within 1e-3 for 100 kept rows;
other settings give what a draw with them would (redrawn in numpy from a replay); rows that are gone are evaluated again
and say so; a reply being written does not keep them waiting."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chatapp.core.generation import Token
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.core.token_record import TokenRecord
from chatapp.protocol.engine import Explain, Explained, Finished, Generate, LoadModel, RawPrompt, TokensEmitted
from chatapp.protocol.launch import WorkerRole, worker_command
from chatapp.workers.client import EngineClient
from tests.acceptance.prompts import PROMPTS
from tests.acceptance.test_token_records import Replay
from tests.process.raw_worker import RawWorker

pytestmark = pytest.mark.model

N_CTX = 2048


def written(client: EngineClient, text: str, sampling: SamplingSettings) -> list[Token]:
    tokens: list[Token] = []
    for event in client.generate(RawPrompt(text=text), sampling, probs=20):
        if isinstance(event, TokensEmitted):
            tokens += event.tokens
    return tokens


def explained(
    client: EngineClient, text: str, tokens: list[Token], place: int, sampling: SamplingSettings, most: int = 20
) -> Explained:
    before = tuple(token.id for token in tokens[:place])
    *_, last = client.explain(
        lambda i: Explain(
            request_id=i, prompt=RawPrompt(text=text), before=before, n_remembered=place, sampling=sampling,
            token=tokens[place].id, most=most,
        )
    )  # fmt: skip
    assert isinstance(last, Explained)
    return last


def largest_difference(one: TokenRecord, other: TokenRecord) -> float:
    first = {candidate.id: candidate.p_sampled for candidate in one.top}
    second = {candidate.id: candidate.p_sampled for candidate in other.top}
    return max(abs(first.get(key, 0.0) - second.get(key, 0.0)) for key in first.keys() | second.keys())


OWN_SETTINGS = (
    SamplingSettings(),
    SamplingSettings(temperature=1.4, top_k=0, top_p=0.9, min_p=0.0),
    SamplingSettings(temperature=0.5, top_k=30, repeat_penalty=1.3, presence_penalty=0.4),
    SamplingSettings(temperature=1.0, top_k=0, typical=0.6, dry_multiplier=0.8),
    SamplingSettings(temperature=0.0),
    SamplingSettings(temperature=1.1, top_n_sigma=1.5, dynatemp=0.4),
)


@pytest.mark.parametrize("model", ["starter_model", "gemma_model"])
def test_at_its_own_settings_a_step_is_as_it_was_recorded(
    model: str, request: pytest.FixtureRequest, rng: random.Random, long_run: bool
) -> None:
    path: Path = request.getfixturevalue(model)
    count = 100 if long_run or model == "starter_model" else 24
    with EngineClient() as client:
        client.load(LoadSpec(path=str(path), n_ctx=N_CTX, n_threads=1))
        seen = 0
        while seen < count:
            for settings in OWN_SETTINGS:
                sampling = replace(settings, max_tokens=20, seed=rng.randrange(2**31))
                text = rng.choice(PROMPTS)
                tokens = written(client, text, sampling)
                for place in rng.sample(range(len(tokens)), min(4, len(tokens))):
                    answer, record = explained(client, text, tokens, place, sampling), tokens[place].record
                    assert record is not None
                    assert not answer.replayed
                    assert largest_difference(answer.record, record) < 1e-3
                    assert answer.record.logprob == pytest.approx(record.logprob, abs=1e-3)
                    assert answer.record.p_sampled == pytest.approx(record.p_sampled, abs=1e-3)
                    assert answer.record.rank == record.rank
                    assert [c.cut_by for c in answer.record.top] == [c.cut_by for c in record.top]
                    seen += 1


def test_other_settings_are_what_they_would_have_been(starter_model: Path, rng: random.Random) -> None:
    text, sampling = rng.choice(PROMPTS), SamplingSettings(seed=rng.randrange(2**31), max_tokens=12)
    replay = Replay(starter_model)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
        tokens = written(client, text, sampling)
        rows = list(replay.rows(text, [token.id for token in tokens]))
        for place, row in enumerate(rows):
            temperature, top_k, min_p = rng.uniform(0.2, 2.0), rng.choice((0, 5, 50)), rng.choice((0.0, 0.02))
            other = replace(sampling, temperature=temperature, top_k=top_k, top_p=1.0, min_p=min_p)
            answer = explained(client, text, tokens, place, other, most=50)
            order = np.argsort(-row, kind="stable")
            left = order[: top_k or len(order)]
            left = left[row[left] >= row[left[0]] + (np.log(min_p) if min_p else -np.inf)]
            weights = np.exp((row[left] - row[left[0]]) / temperature)
            expected = dict(zip(left.tolist(), (weights / weights.sum()).tolist(), strict=True))
            for candidate in answer.record.top:
                assert candidate.p_sampled == pytest.approx(expected.get(candidate.id, 0.0), abs=1e-3)
                assert candidate.logprob == pytest.approx(row[candidate.id], abs=1e-2)  # kept as halves
            p = weights[weights > 0] / weights.sum()
            assert answer.entropy_sampled == pytest.approx(-(p * np.log(p)).sum(), abs=2e-3)
            logits = [candidate.logprob + answer.record.log_total for candidate in answer.record.top]
            assert logits[0] - logits[1] == pytest.approx(row[order[0]] - row[order[1]], abs=2e-3)
    replay.llama.close()


@pytest.mark.parametrize("model", ["starter_model", "gemma_model"])
@pytest.mark.parametrize("goes_on", [False, True])
def test_steps_whose_rows_are_gone_are_evaluated_again_and_say_so(
    model: str, goes_on: bool, request: pytest.FixtureRequest, rng: random.Random
) -> None:
    path: Path = request.getfixturevalue(model)
    text, sampling = " ".join(PROMPTS) * 3, SamplingSettings(seed=rng.randrange(2**31), max_tokens=40)
    text = PROMPTS[0] if goes_on else text
    with EngineClient() as client:
        client.load(LoadSpec(path=str(path), n_ctx=N_CTX, n_threads=1))
        tokens = written(client, text, sampling)
    with EngineClient() as client:  # as after a restart
        client.load(LoadSpec(path=str(path), n_ctx=N_CTX, n_threads=1))
        # the cells of the reply itself, evaluated in one call, are not those that it was drawn from
        reply = "".join(token.text for token in tokens) + " And more." if goes_on else ""
        asked = text + reply if goes_on else PROMPTS[0]
        elsewhere = written(client, asked, sampling)
        differences = []
        for place in (39, 25):  # the last brings the rows of all before it
            answer, record = explained(client, text, tokens, place, sampling), tokens[place].record
            assert record is not None
            assert answer.replayed
            kept = explained(client, text, tokens, place, sampling)
            assert kept.replayed  # the row is kept now, and as it was computed again
            assert kept.record == answer.record
        for place, token in enumerate(tokens):
            answer = explained(client, text, tokens, place, sampling)
            assert answer.replayed  # and those on the way
            assert token.record is not None
            differences.append(largest_difference(answer.record, token.record))
        # in other cells the sums of attention are rounded in another order, which at few steps can be seen
        assert sorted(differences)[len(differences) // 2] < 1e-3
        assert max(differences) < 0.1
        *_, last = client.generate(RawPrompt(text=asked), sampling)
        assert isinstance(last, Finished)
        assert last.usage.cached_tokens == last.usage.prompt_tokens  # what the cache held is still there
        assert last.text.startswith("".join(token.text for token in elsewhere)[:20])
        client.load(LoadSpec(path=str(path), n_ctx=256, n_threads=1))
        text, tokens = PROMPTS[1], written(client, PROMPTS[1], replace(sampling, max_tokens=100))
        written(client, PROMPTS[2] * 3, replace(sampling, max_tokens=100))
        answer = explained(client, text, tokens, 70, sampling)  # no room beside what the cache holds
        assert answer.record.logprob == pytest.approx(tokens[70].record.logprob, abs=1e-2)  # type: ignore[union-attr]


@pytest.mark.parametrize("model", ["starter_model", "gemma_model"])
def test_after_a_restart_the_calls_of_the_reply_give_the_same_rows(
    model: str, request: pytest.FixtureRequest, rng: random.Random
) -> None:
    path: Path = request.getfixturevalue(model)
    text, sampling = " ".join(PROMPTS) * 3, SamplingSettings(seed=rng.randrange(2**31), max_tokens=30)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(path), n_ctx=N_CTX, n_threads=1))
        tokens = written(client, text, sampling)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(path), n_ctx=N_CTX, n_threads=1))
        for place in (20, len(tokens) - 1):
            answer, record = explained(client, text, tokens, place, sampling), tokens[place].record
            assert record is not None
            assert answer.replayed
            assert largest_difference(answer.record, record) < 1e-6


def test_a_row_is_labelled_until_a_reply_brings_its_own(starter_model: Path, rng: random.Random) -> None:
    text, sampling = rng.choice(PROMPTS), SamplingSettings(seed=rng.randrange(2**31), max_tokens=8)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
        tokens = written(client, text, sampling)
        client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
        last = len(tokens) - 1
        for place in (last, last, last // 2):
            assert explained(client, text, tokens, place, sampling).replayed
        assert [token.id for token in written(client, text, sampling)] == [token.id for token in tokens]
        for place in (last, last // 2):
            assert not explained(client, text, tokens, place, sampling).replayed


def test_a_reply_being_written_does_not_keep_a_step_waiting(starter_model: Path) -> None:
    sampling = SamplingSettings(seed=3, max_tokens=300, temperature=1.2)
    prompt = RawPrompt(text=PROMPTS[0])
    tokens: list[Token] = []
    with RawWorker(worker_command(WorkerRole.ENGINE)) as worker:
        worker.send(LoadModel(request_id=1, spec=LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1)))
        worker.send(Generate(request_id=2, prompt=prompt, sampling=sampling, probs=5))
        answers: list[Explained] = []
        while True:
            event = worker.next_event()
            if isinstance(event, TokensEmitted):
                asks = len(tokens) <= 20 < len(tokens) + len(event.tokens)
                tokens += event.tokens
                if asks:
                    for request_id, place in ((3, 10), (4, len(tokens) + 30)):  # the second is not written yet
                        before = tuple(token.id for token in tokens[:place])
                        worker.send(
                            Explain(
                                request_id=request_id, prompt=prompt, before=before if place == 10 else (*before, 5),
                                n_remembered=len(before), sampling=sampling, token=tokens[10].id, most=5,
                            )
                        )  # fmt: skip
            elif isinstance(event, Explained):
                answers.append(event)
                if event.request_id == 3:
                    assert len(tokens) < 200  # it did not wait for the end
                    record = tokens[10].record
                    assert record is not None
                    assert largest_difference(event.record, record) < 1e-3
            elif isinstance(event, Finished):
                assert [answer.request_id for answer in answers] == [3]
            if len(answers) == 2:
                break
        assert answers[1].replayed
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
        alone = written(client, PROMPTS[0], sampling)
    assert [token.id for token in alone] == [token.id for token in tokens]  # and did not change it
