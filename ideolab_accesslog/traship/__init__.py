"""TrashIP: requests that scanners make, and what follows from them."""
