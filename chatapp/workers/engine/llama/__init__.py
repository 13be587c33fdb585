"""The only package that imports llama_cpp. Its low-level API, one file a concern; nothing here speaks protocol but engine.py."""
