"""chatapp components: parts that are installed on request."""

from __future__ import annotations

import argparse
import sys

from chatapp.cli.output import Output, progress_bar
from chatapp.core.component_sentences import COMPONENT_UNKNOWN
from chatapp.core.components import COMPONENTS, Component, ComponentState, ComponentStatus, InstallProgress
from chatapp.core.errors import error
from chatapp.core.models import size_text
from chatapp.storage.component_install import Installation
from chatapp.storage.components import ComponentStore
from chatapp.storage.paths import find_paths

_STATES = {
    ComponentState.MISSING: "not installed",
    ComponentState.UNFINISHED: "not installed (an installation did not finish)",
    ComponentState.OUTDATED: "installed, of an older chatapp; install it again to bring it up to date",
    ComponentState.INSTALLED: "installed",
    ComponentState.INCLUDED: "comes with this installation",
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|install|remove")
    actions.add_parser("list", help="which components there are, and whether they are installed")
    for action, summary in (
        ("install", "download a component into the data folder"),
        ("remove", "delete it from there"),
    ):
        actions.add_parser(action, help=summary).add_argument("name", metavar="NAME", help=", ".join(COMPONENTS))


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Raises AppError."""
    store = ComponentStore(find_paths(arguments.data_dir))
    if arguments.action == "list":
        for component in COMPONENTS.values():
            _tell(store.status(component), output)
        return 0
    wanted = COMPONENTS.get(arguments.name)
    if wanted is None:
        raise error(COMPONENT_UNKNOWN, name=arguments.name)
    if arguments.action == "install":
        _install(store, wanted, output)
    else:
        store.remove(wanted)
    _tell(store.status(wanted), output)
    return 0


def _install(store: ComponentStore, component: Component, output: Output) -> None:
    """Nothing is done where it is there already."""
    if store.status(component).state in (ComponentState.INSTALLED, ComponentState.INCLUDED):
        return
    with progress_bar(component.label) as bar:
        told: tuple[str, str] | None = None
        for progress in Installation(store, component).run():
            bar.set(progress.fraction)
            if (now := (progress.stage.value, progress.package)) != told:
                told = now
                bar.describe(_words(component, progress))
                if not sys.stderr.isatty():  # there is no bar then
                    output.note(_words(component, progress))


def _words(component: Component, progress: InstallProgress) -> str:
    return f"{component.label}: {progress.stage.value} {progress.package}".rstrip()


def _tell(status: ComponentStatus, output: Output) -> None:
    component = status.component
    output.record(
        "component",
        name=component.name,
        state=status.state.value,
        size_bytes=status.size_bytes,
        download_bytes=component.download_bytes,
        disk_bytes=component.disk_bytes,
        packages=dict(status.packages),
    )
    packages = ", ".join(f"{name} {version}" for name, version in status.packages)
    size = size_text(status.size_bytes or component.disk_bytes)
    output.words(f"{component.name}: {_STATES[status.state]}. {component.purpose}")
    if status.state is not ComponentState.INCLUDED:
        output.words(f"  {packages}; {size} on the disk, about {size_text(component.download_bytes)} to download")
