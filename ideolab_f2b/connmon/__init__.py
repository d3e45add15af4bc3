"""Snapshots of TCP sockets -> suspects -> lines. Looks only; never bans."""
