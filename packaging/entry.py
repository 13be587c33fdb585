"""What the programs of the bundle run: the same as `chatapp` in a terminal."""

from __future__ import annotations

import os
import sys

from chatapp.__main__ import entry

# The bundle's libraries are loaded by now; the desktop's own programs, such as a browser, need the system's.
before = os.environ.pop("LD_LIBRARY_PATH_ORIG", "")
os.environ.pop("LD_LIBRARY_PATH", None)
if before:
    os.environ["LD_LIBRARY_PATH"] = before

sys.exit(entry())
