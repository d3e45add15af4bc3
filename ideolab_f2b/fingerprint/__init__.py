"""What a client's TLS hello says about the program that sent it."""
