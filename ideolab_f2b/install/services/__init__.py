"""Start, stop and reload the services, with systemd or without."""
