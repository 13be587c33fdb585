"""The engine worker: one process, one model, one request after another."""
