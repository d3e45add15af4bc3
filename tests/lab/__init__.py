"""Servers and log lines that only tests need; nginx, fail2ban and the network namespaces are in demo/lab."""
