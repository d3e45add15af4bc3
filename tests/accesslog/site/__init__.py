"""A small site of its own settings in its own process: a walk through all that the app does there."""
