"""The child processes and the terminal's way to them. No Qt, no storage, no services."""
