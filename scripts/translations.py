"""Collects the window's texts into assets/translations/zh_CN.ts and compiles it.

Usage: translations.py [--check]. With --check nothing is written: ends with 1 where a text is missing, not
translated or no longer used, or where the compiled file is out of date.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
TS = ROOT / "assets" / "translations" / "zh_CN.ts"
QM = TS.with_suffix(".qm")
BIN = Path(sysconfig.get_path("scripts"))


def update(target: Path) -> None:
    """Adds new texts to `target` and drops those no longer used."""
    sources = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "chatapp").rglob("*.py"))]
    options = ["-no-obsolete", "-locations", "none", "-source-language", "en", "-target-language", "zh_CN"]
    run("pyside6-lupdate", *sources, "-ts", str(target), *options)


def compile_to(source: Path, target: Path) -> None:
    run("pyside6-lrelease", "-silent", str(source), "-qm", str(target))


def run(program: str, *arguments: str) -> None:
    done = subprocess.run([BIN / program, *arguments], cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode or "Error" in done.stderr:
        raise SystemExit(f"{program} failed: {done.stderr or done.stdout}")


def untranslated(source: Path) -> list[str]:
    """The texts without a finished translation, as "context: text"."""
    found = []
    for context in ElementTree.parse(source).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is None or translation.get("type") or not (translation.text or "").strip():
                found.append(f"{context.findtext('name')}: {message.findtext('source')}")
    return found


def messages(source: Path) -> set[tuple[str, str]]:
    """All (context, text) pairs."""
    return {
        (context.findtext("name", ""), message.findtext("source", ""))
        for context in ElementTree.parse(source).getroot().iter("context")
        for message in context.iter("message")
    }


def problems() -> list[str]:
    """What --check complains about."""
    found = [f"not translated: {text}" for text in untranslated(TS)]
    with tempfile.TemporaryDirectory() as name:
        fresh, compiled = Path(name, TS.name), Path(name, QM.name)
        shutil.copy(TS, fresh)
        update(fresh)
        found += [f"not collected: {text}" for text in sorted(messages(fresh) - messages(TS))]
        found += [f"no longer used: {text}" for text in sorted(messages(TS) - messages(fresh))]
        compile_to(TS, compiled)
        if not QM.is_file() or QM.read_bytes() != compiled.read_bytes():
            found.append(f"{QM.name} is out of date: run scripts/translations.py")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        found = problems()
        print("\n".join(found) or "All texts are translated.")
        return 1 if found else 0
    update(TS)
    compile_to(TS, QM)
    print("\n".join(untranslated(TS)) or "All texts are translated.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
