"""chatapp models: the model library."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chatapp.cli.output import Bar, Output, progress_bar
from chatapp.cli.storage import open_library
from chatapp.core.errors import AppError, error, printable
from chatapp.core.model_file import checked_model
from chatapp.core.models import size_text
from chatapp.core.storage_sentences import MODELS_DIFFER
from chatapp.storage.adapter_library import AdapterLibrary
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import find_paths


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|info|add|verify|remove")
    actions.add_parser("list", help="the models in the library, and the adapters of the window")
    info = actions.add_parser("info", help="what a model's file says of itself")
    info.add_argument("model", metavar="PATH|NAME")
    add = actions.add_parser("add", help="put a GGUF file into the library")
    add.add_argument("file", metavar="FILE.gguf")
    add.add_argument("--copy", action="store_true", help="copy it into the data folder instead of linking it")
    verify = actions.add_parser("verify", help="are the files still what was added? Compares size and SHA-256")
    verify.add_argument("model", nargs="?", metavar="PATH|NAME", help="default: all")
    remove = actions.add_parser("remove", help="take a model off the list; its file stays where it is")
    remove.add_argument("model", metavar="PATH|NAME")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Raises AppError."""
    paths = find_paths(arguments.data_dir)
    library = open_library(paths)
    try:
        match arguments.action:
            case "list":
                _list(library, output)
                _list_adapters(AdapterLibrary(paths), output)
            case "info":
                _info(library, arguments.model, output)
            case "add":
                _add(library, Path(arguments.file), copy=arguments.copy, output=output)
            case "verify":
                _verify(library, arguments.model, output)
            case "remove":
                _remove(library, arguments.model, output)
        return 0
    finally:
        library.close()


def _list(library: ModelLibrary, output: Output) -> None:
    models = library.models()
    for model in models:
        output.record("model", **asdict(model))
    if output.json:
        return
    if not models:
        output.words("No model is in the library yet. Add one: chatapp models add FILE.gguf")
        return
    table = Table(box=None)
    for heading in ("Name", "Architecture", "Quantization", "Size", "Context", "Path"):
        table.add_column(heading, overflow="fold")
    for model in models:
        gone = "" if Path(model.path).is_file() else " (gone)"
        table.add_row(
            escape(printable(model.name)),
            escape(printable(model.architecture)),
            model.quantization,
            size_text(model.size_bytes),
            str(model.context),
            escape(printable(model.path + gone)),
        )
    Console().print(table)


def _list_adapters(library: AdapterLibrary, output: Output) -> None:
    """Nothing where there are none."""
    adapters = library.adapters()
    for adapter in adapters:
        values = asdict(adapter)
        output.record("adapter", **values.pop("facts"), **values)
    if output.json or not adapters:
        return
    table = Table(box=None)
    for heading in ("Adapter", "Made for", "Rank", "Alpha", "Size", "Path"):
        table.add_column(heading, overflow="fold")
    for adapter in adapters:
        facts = adapter.facts
        table.add_row(
            escape(printable(adapter.name)),
            escape(printable(facts.base or facts.architecture)),
            str(facts.rank),
            f"{facts.alpha:g}",
            size_text(adapter.size_bytes),
            escape(printable(adapter.path)),
        )
    Console().print(table)


def _info(library: ModelLibrary, wanted: str, output: Output) -> None:
    model = library.find(wanted)
    header = checked_model(model.path)
    output.record("model", **asdict(model), tensors=len(header.tensors), header=header.values)
    rows = {
        "name": model.name,
        "path": model.path,
        "size": size_text(model.size_bytes),
        "sha256": model.sha256,
    }
    for name, value in {**rows, **header.values}.items():
        line = f"{name}: {str(value)[:200]}".replace("\n", "\\n")
        output.words(line)


def _add(library: ModelLibrary, path: Path, *, copy: bool, output: Output) -> None:
    with progress_bar(f"Reading {path.name}") as bar:
        model = library.add(path, copy=copy, progress=partial(_advance, bar))
    output.record("model", **asdict(model))
    output.words(f"Added {model.name} ({model.quantization}, {size_text(model.size_bytes)}).")


def _verify(library: ModelLibrary, wanted: str | None, output: Output) -> None:
    """One that was asked for fails with its own sentence; of all each is reported, the last sentence counts them."""
    models = library.models() if wanted is None else [library.listed(wanted)]
    bad = 0
    for model in models:
        try:
            with progress_bar(f"Reading {model.name}") as bar:
                library.verify(model, partial(_advance, bar))
        except AppError as problem:
            output.record("verified", name=model.name, path=model.path, ok=False, message=problem.info.message)
            if wanted is not None:
                raise
            bad += 1
            output.words(f"{model.name}: {problem.info.message}")
        else:
            output.record("verified", name=model.name, path=model.path, ok=True, sha256=model.sha256)
            output.words(f"{model.name}: unchanged since it was added (SHA-256 {model.sha256}).")
    if not models:
        output.words("No model is in the library yet. Add one: chatapp models add FILE.gguf")
    if bad:
        raise error(MODELS_DIFFER, bad=bad, all=len(models))


def _advance(bar: Bar, fraction: float) -> bool:
    bar.set(fraction)
    return True


def _remove(library: ModelLibrary, wanted: str, output: Output) -> None:
    model = library.listed(wanted)
    library.remove(model.path)
    output.record("removed", **asdict(model))
    output.words(f"Removed {model.name} from the list. Its file is still at {model.path}.")
