"""Ranges of addresses as whole numbers, and the vendors' files that hold them."""
