"""System checks: numbered, each with the way out. docs/django.md lists them."""

from ideolab_accesslog.checks import files, firewall, one_address, own_file, site, values

__all__ = ("files", "firewall", "one_address", "own_file", "site", "values")
