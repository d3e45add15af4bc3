"""What people type behind a verb, and how it is read: addresses, networks, times, a file of settings."""
