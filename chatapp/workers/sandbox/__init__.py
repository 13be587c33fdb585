"""What a worker takes from itself before it meets somebody else's file (Linux). Imports next to nothing, since it runs
before any thread exists and before native code is loaded."""
