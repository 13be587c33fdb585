"""What is kept: folders, settings, chats, models. No Qt, no workers."""
