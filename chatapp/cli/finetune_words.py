"""What happens in a training run, in words for the terminal."""

from __future__ import annotations

from chatapp.core.data_report import DataReport, TrainingEstimate
from chatapp.core.training import Losses, RunResult
from chatapp.protocol.finetune import Evaluated, StepDone

_SHOWN_PROBLEMS = 5


def report_words(report: DataReport) -> str:
    train, validation, test, unseen = report.counts
    lines = [
        f"{report.n_examples} examples ({report.format}): {train} to train on, {validation} to validate, {test} to test"
        + (f", {unseen} unseen" if unseen else ""),
        f"{report.n_tokens} tokens, {report.n_counted} of them learnt; the longest has {report.longest}",
    ]
    for count, words in (
        (report.n_duplicates, "duplicates, each in the part of the first of its kind"),
        (report.n_truncated, "cut off at the longest that is allowed"),
        (report.n_unanswered, "left out, since nothing of them would be learnt"),
        (report.n_problems, "lines left out for what is wrong with them"),
    ):
        if count:
            lines.append(f"{count} {words}")
    lines += [f"  {problem.problem.message}" for problem in report.problems[:_SHOWN_PROBLEMS]]
    return "\n".join(lines)


def estimate_words(estimate: TrainingEstimate) -> str:
    needed, free = (f"{value / 1e9:.1f} GB" for value in (estimate.memory_bytes, estimate.free_bytes))
    seconds = f", about {duration(estimate.seconds)}" if estimate.seconds else ""
    return f"{estimate.n_steps} steps{seconds}; {needed} of memory ({estimate.mode}), {free} are free"


def step_words(event: StepDone) -> str:
    return (
        f"Step {event.step} of {event.n_steps}, loss {event.loss:.3f}, {event.tokens_per_second:.0f} tokens/s, "
        f"{duration(event.eta_s)} left"
    )


def evaluation_words(event: Evaluated) -> str:
    train, validation = (_loss(value) for value in (event.train_loss, event.val_loss))
    return f"step {event.step:5d}: training loss {train}, validation loss {validation}{' *' if event.best else ''}"


def result_words(result: RunResult) -> str:
    trained, parity = result.trained, result.parity
    lines = [
        f"{trained.n_steps} steps in {duration(trained.seconds)} ({trained.tokens_per_second:.0f} tokens/s, "
        f"{trained.mode}, {trained.device}, {trained.peak_bytes / 1e9:.1f} GB); step {trained.best_step} is kept",
        *_loss_lines(trained.before, trained.after),
    ]
    if parity is not None:
        lines.append(
            f"In llama.cpp: loss {parity.engine_loss:.4f} ({parity.loss_relative:.2%} apart), "
            f"KL {parity.kl_mean:.2g} per token, at most {parity.kl_max:.2g}"
        )
    return "\n".join([*lines, *(f"Written: {path}" for path in result.files)])


def _loss_lines(before: Losses, after: Losses) -> list[str]:
    return [
        f"{name} loss {_loss(first)} → {_loss(last)}"
        for name, first, last in (
            ("Validation", before.validation, after.validation),
            ("Test", before.test, after.test),
            ("Unseen", before.unseen, after.unseen),
        )
        if last is not None
    ]


def duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
