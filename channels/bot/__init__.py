"""The bot channel."""
