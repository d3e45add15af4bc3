"""Looks into the network namespaces of containers: a judge for each server that listens in one of them."""
