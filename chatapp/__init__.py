"""chatapp: chat with a GGUF model on your own machine and see why it said each word."""

__version__ = "0.1.0"
