"""The country list in sets of ipset and chains of iptables."""
