from __future__ import annotations

from chatapp.core.outcome import outcome_text


def test_ends_of_processes_in_words() -> None:
    assert outcome_text(-11) == "signal SIGSEGV"
    assert outcome_text(-9) == "signal SIGKILL"
    assert outcome_text(3) == "exit code 3"
    assert outcome_text(-250) == "signal 250"
