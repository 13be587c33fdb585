"""Reusable parts that know nothing of chat, models or settings."""
