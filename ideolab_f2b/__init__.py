"""Find idle and slow TLS clients, ban them through fail2ban into kernel sets, close their sockets."""

__version__ = "0.1.0"
