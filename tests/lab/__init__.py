"""A small internet in two network namespaces: the demo and the end-to-end tests attack a server in it."""
