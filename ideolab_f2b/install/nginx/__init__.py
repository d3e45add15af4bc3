"""nginx on this host: what it is configured to do, and the files that fit it."""
