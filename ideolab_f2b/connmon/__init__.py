"""Snapshots of sockets: reads them, compares them, and writes lines about suspects. Nothing here bans."""
