"""Addresses of a full server that hold little each and are alike: probably one attacker has them."""
