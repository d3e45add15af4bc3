"""Checks of every part that has to work; each says ok, wrong or unknown."""
