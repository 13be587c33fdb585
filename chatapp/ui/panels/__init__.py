"""Views that several tabs show."""
