"""The conductor: reads data, has the engine tokenise it, has the trainer train, lets the engine check the result."""
