"""Network namespaces of containers: who listens there, and a socket to look into each."""
