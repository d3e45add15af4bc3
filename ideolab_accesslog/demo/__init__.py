"""A played attack in the tables of the app, for people who want to look first; it tells no firewall.

Every address is for documentation or benchmarks (RFC 5737, 2544, 3849), every AS number for documentation
(RFC 5398), every name ends in .example: none of them is anybody's.
"""
