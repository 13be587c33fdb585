"""The terminal: one file per command, the same workers as the window, no Qt."""
