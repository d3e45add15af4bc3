"""Whole hosts for tests: throw-away overlays of this machine's root, with and without systemd as PID 1."""
