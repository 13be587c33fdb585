"""What the app does. Of Qt only QtCore and QtNetwork; of workers only their messages."""
