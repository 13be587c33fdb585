"""Trains a LoRA adapter from a GGUF with PyTorch, in a process that knows a run's folder and nothing else."""
