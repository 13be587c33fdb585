#!/bin/sh
# Builds the program as one folder that needs no Python (PyInstaller, about half a minute) and says how large it is.
# Usage: bundle.sh [FOLDER], default dist. The programs are FOLDER/chatapp/chatapp and FOLDER/chatapp/chatapp-cli.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-dist}
.venv/bin/python -c 'import PyInstaller' 2>/dev/null || {
    echo "PyInstaller is missing: .venv/bin/pip install --constraint constraints.txt -e '.[bundle]'" >&2; exit 1; }
.venv/bin/python -m PyInstaller --noconfirm --log-level ERROR --distpath "$folder" --workpath build/pyinstaller \
    packaging/chatapp.spec
du -sh "$folder/chatapp"
