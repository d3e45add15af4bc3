"""Sockets become snapshots, then phases, suspects and log lines; nothing here bans."""
