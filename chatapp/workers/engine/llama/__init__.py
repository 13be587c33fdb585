"""The only package that imports llama_cpp: its low-level API, one file a concern."""
