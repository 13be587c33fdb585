"""The engine and those it is measured beside, each answering the same two questions: how fast is a prompt, how fast a
reply. Every peer is its own process with the same threads, context and 512-token calls, and loads its model once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Finished, RawPrompt, TokensEmitted
from chatapp.workers.client import EngineClient

N_CTX = 2048
DEPTH = 16  # tokens before the reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A prompt to evaluate and one to answer, as text and as token ids; n_reply: how many tokens to write.

    warm_up: another prompt of the same length that is evaluated before, untimed, as llama-bench does by itself.
    """

    warm_up: str
    warm_up_ids: Sequence[int]
    prompt: str
    prompt_ids: Sequence[int]
    opening: str
    opening_ids: Sequence[int]
    n_reply: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Tokens per second."""

    prompt: float
    decode: float


class Peer(Protocol):
    name: str

    def measure(self, task: Task) -> Speed: ...

    def close(self) -> None: ...


class Chatapp:
    """Through the pipe, as the window does: a reply's time runs from its first token's arrival to its last's.

    probs: most likely tokens in the record of each; 0: no records.
    """

    def __init__(self, model: Path, threads: int, probs: int = 0) -> None:
        self.name = _name("chatapp", probs)
        self._probs = probs
        self._client = EngineClient()
        self._client.load(LoadSpec(path=str(model), n_ctx=N_CTX, n_threads=threads))

    def measure(self, task: Task) -> Speed:
        self._run(task.warm_up, 2)
        prompt = self._run(task.prompt, 1)[0]
        assert prompt.usage.prompt_tokens == len(task.prompt_ids)
        finished, arrivals = self._run(task.opening, task.n_reply)
        assert prompt.usage.cached_tokens <= 2 >= finished.usage.cached_tokens
        return Speed(prompt=len(task.prompt_ids) / prompt.usage.prompt_ms * 1000, decode=_rate(arrivals))

    def close(self) -> None:
        self._client.close()

    def _run(self, text: str, n: int) -> tuple[Finished, list[float]]:
        arrivals = []
        settings = SamplingSettings(max_tokens=n, seed=1)
        for event in self._client.generate(RawPrompt(text=text), settings, probs=self._probs):
            if isinstance(event, TokensEmitted):
                assert all(len(token.record.top if token.record else ()) == self._probs for token in event.tokens)
                arrivals += [time.perf_counter()] * len(event.tokens)
            elif isinstance(event, Finished):
                return event, arrivals
        raise AssertionError


class LlamaServer:
    """llama-server, streaming, with the `probs` most likely tokens of each."""

    def __init__(self, tools: Path, model: Path, threads: int, probs: int = 0) -> None:
        self.name = _name("llama-server", probs)
        self._probs = probs
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._url = f"http://127.0.0.1:{free.getsockname()[1]}"
        command = [tools / "llama-server", "-m", model, "-c", N_CTX, "-b", 512, "-ub", 512, "-np", 1]
        command += ["-t", threads, "-tb", threads, "--host", "127.0.0.1", "--port", self._url.rpartition(":")[2]]
        self._process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self._url}/health").close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise TimeoutError

    def measure(self, task: Task) -> Speed:
        self._run(task.warm_up_ids, 2)
        timings, _ = self._run(task.prompt_ids, 1)
        _, arrivals = self._run(task.opening_ids, task.n_reply)
        return Speed(prompt=timings["prompt_n"] / timings["prompt_ms"] * 1000, decode=_rate(arrivals))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _run(self, ids: Sequence[int], n: int) -> tuple[dict[str, float], list[float]]:
        body = {
            "prompt": list(ids), "n_predict": n, "stream": True, "cache_prompt": False, "seed": 1, "temperature": 0.8,
            "top_k": 40, "top_p": 0.95, "min_p": 0.05, "samplers": ["top_k", "top_p", "min_p", "temperature"],
            "n_probs": self._probs,
        }  # fmt: skip
        request = urllib.request.Request(
            f"{self._url}/completion", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        arrivals: list[float] = []
        with urllib.request.urlopen(request) as answer:
            for line in answer:
                if not line.startswith(b"data: {"):
                    continue
                data = json.loads(line[6:])
                if data.get("stop"):
                    return data["timings"], arrivals
                assert not self._probs or len(data["completion_probabilities"][0]["top_logprobs"]) == self._probs
                arrivals.append(time.perf_counter())
        raise AssertionError


class LlamaBench:
    """llama-bench: no sampling, no text, random tokens; the ceiling."""

    name = "llama-bench"

    def __init__(self, tools: Path, model: Path, threads: int) -> None:
        self._command = [str(tools / "llama-bench"), "-m", str(model), "-t", str(threads), "-r", "1", "-o", "json"]
        self._command += ["-b", "512", "-ub", "512"]

    def measure(self, task: Task) -> Speed:
        prompt = self._run("-p", str(len(task.prompt_ids)), "-n", "0")
        decode = self._run("-p", "0", "-n", str(task.n_reply), "-d", str(len(task.opening_ids)))
        return Speed(prompt=prompt, decode=decode)

    def close(self) -> None:
        pass

    def _run(self, *arguments: str) -> float:
        done = subprocess.run([*self._command, *arguments], capture_output=True, check=True)
        return float(json.loads(done.stdout)[0]["avg_ts"])


class Binding:
    """llama-cpp-python's own create_completion, streaming, in a process of its own (this file's main).

    probs: its logprobs, for which it keeps the logits of the whole context.
    """

    def __init__(self, model: Path, threads: int, probs: int = 0) -> None:
        self.name = _name("llama-cpp-python", probs)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peers", str(model), str(threads), str(probs)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def measure(self, task: Task) -> Speed:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {
            "warm_up": list(task.warm_up_ids),
            "prompt": list(task.prompt_ids),
            "opening": list(task.opening_ids),
            "n": task.n_reply,
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Speed(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def _name(program: str, probs: int) -> str:
    return f"{program}, {probs} probabilities" if probs else program


def _rate(arrivals: Sequence[float]) -> float:
    """From the first arrival to the last; tokens may arrive several at a time."""
    return (len(arrivals) - arrivals.count(arrivals[0])) / (arrivals[-1] - arrivals[0])


def _serve_binding(model: str, threads: int, probs: int) -> None:
    import llama_cpp

    llm = llama_cpp.Llama(
        model, n_ctx=N_CTX, n_batch=512, n_ubatch=512, n_threads=threads, n_threads_batch=threads, verbose=False,
        logits_all=probs > 0,
    )  # fmt: skip
    settings = {"temperature": 0.8, "top_k": 40, "seed": 1, "logprobs": probs or None}

    def run(ids: list[int], n: int) -> list[float]:
        llm.reset()
        arrivals = [time.perf_counter()]
        for _ in llm.create_completion(ids, max_tokens=n, stream=True, **settings):
            arrivals.append(time.perf_counter())
        return arrivals

    out = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        run(request["warm_up"], 2)
        prompt = run(request["prompt"], 1)
        reply = run(request["opening"], request["n"])
        speed = {"prompt": len(request["prompt"]) / (prompt[1] - prompt[0]), "decode": _rate(reply[1:-1])}
        out.write(json.dumps(speed) + "\n")
        out.flush()


if __name__ == "__main__":
    _serve_binding(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
