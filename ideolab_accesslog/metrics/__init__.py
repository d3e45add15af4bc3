"""Counters of all processes, for Prometheus."""
