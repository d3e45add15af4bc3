"""Checks of containers: which are looked into, what goes on to others, who hides the clients."""
