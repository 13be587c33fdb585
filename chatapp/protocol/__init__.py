"""What crosses the pipe: typed messages, their frames, and how a worker is started. No logic, no I/O."""
