"""Which networks an AS announces and whose an address is: a table, built from files that the host has."""
