"""Checks of the web server: where it listens, what it sends, who is in front of it, how much it holds."""
