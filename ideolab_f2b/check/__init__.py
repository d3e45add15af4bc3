"""Looks at each part that has to work, and says ok, wrong or unknown."""
