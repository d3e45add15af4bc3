"""What a ban would hit before it is made: addresses, open connections, visitors, and who is protected."""
