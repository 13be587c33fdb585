"""Trains a LoRA adapter from a GGUF with PyTorch, in a process of its own that knows a run's folder and nothing else."""
