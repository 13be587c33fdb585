"""What things are: frozen values and pure functions. Knows the standard library and numpy, nothing else."""
