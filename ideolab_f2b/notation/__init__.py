"""Reads addresses, networks, host names, times and settings as people write them."""
