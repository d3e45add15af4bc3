"""Puts the pack on a host and takes it away again."""
