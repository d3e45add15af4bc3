"""The lists of prefixes: of AS numbers and of countries, how old they are, and whether they are in force."""
