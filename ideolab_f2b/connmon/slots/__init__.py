"""Who held how many of nginx's slots for how long, what for, and whose ban makes room in a full server."""
