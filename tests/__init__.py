"""The tests; a package by name, so that no other one called tests is found instead of it."""
