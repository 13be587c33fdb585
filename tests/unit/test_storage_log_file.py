"""The log: small, private, and no trouble where it can't be written."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from chatapp.storage.log_file import MOST_BYTES, last_lines, open_log
from chatapp.storage.paths import Paths

SECRET = "my own words"


@pytest.fixture
def log(paths: Paths) -> Iterator[logging.Logger]:
    logger = logging.getLogger("chatapp")
    before = list(logger.handlers)
    open_log(paths)
    yield logger
    for handler in [handler for handler in logger.handlers if handler not in before]:
        logger.removeHandler(handler)
        handler.close()


def test_it_stays_small_however_much_is_logged(paths: Paths, log: logging.Logger) -> None:
    for number in range(4000):
        log.info("%s", f"{number} " + "x" * 1000)
    files = list(paths.logs.iterdir())
    assert len(files) == 3
    assert all(path.stat().st_size <= MOST_BYTES for path in files)
    assert last_lines(paths, 20)[-1].split()[3] == "3999"


def test_neither_messages_of_exceptions_nor_escapes_nor_libraries_get_there(paths: Paths, log: logging.Logger) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as problem:
        fault = problem
    record = log.makeRecord("chatapp", logging.ERROR, "", 0, "fault", (), (ValueError, fault, None))
    logging.Formatter().format(record)  # leaves what it made of the exception in the record
    log.handle(record)
    log.error("a fault", exc_info=fault)
    log.warning("\x1b[31mred\u202e")
    logging.getLogger("ziamath").error("a formula")
    text = paths.log.read_text(encoding="utf-8")
    assert text.count("ValueError: (its message") == 2
    assert SECRET not in text
    assert "formula" not in text
    assert text.endswith("WARNING red\n")


def test_a_folder_that_can_not_be_written_is_no_trouble(paths: Paths) -> None:
    paths.logs.write_text("a file in its place")
    open_log(paths)
    assert last_lines(paths, 5) == []
