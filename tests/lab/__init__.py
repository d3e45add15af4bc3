"""Servers that only tests need; nginx, fail2ban and the two network namespaces are in demo/lab."""
