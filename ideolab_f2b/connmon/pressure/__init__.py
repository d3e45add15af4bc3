"""How full the server is: its slots, its queue, its refusals and nginx itself make one of three states."""
