"""Who visited this host in the last days, by the web server's access logs."""
