"""What the user sees: the only package that imports QtWidgets."""
