"""chatapp backup: a copy of all chats, now."""

from __future__ import annotations

import argparse

from chatapp.cli.output import Output
from chatapp.cli.storage import open_library
from chatapp.core.models import size_text
from chatapp.storage.backups import BackupKind, Backups
from chatapp.storage.paths import find_paths


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "To go back to a copy: close chatapp, move chatapp.sqlite3 (and chatapp.sqlite3-wal, -shm) out of the data "
        "folder, and put the copy there under the name chatapp.sqlite3."
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Raises AppError."""
    paths = find_paths(arguments.data_dir)
    open_library(paths).close()  # a new or an old database is brought to this version's format first
    made = Backups(paths.database, paths.backups).make(BackupKind.BY_HAND)
    size = made.stat().st_size
    output.record("backup", path=str(made), size_bytes=size)
    output.words(f"All chats and the list of models are copied to {made} ({size_text(size)}).")
    return 0
