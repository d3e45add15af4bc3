"""Firewall rules that a host has saved: where ours are in them, and what a boot needs to load them."""
