"""What the programs of the bundle run: the same as `chatapp` in a terminal."""

from __future__ import annotations

import sys

from chatapp.__main__ import entry

sys.exit(entry())
