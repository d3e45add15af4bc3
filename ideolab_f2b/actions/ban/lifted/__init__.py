"""Remembers which bans were lifted, also over a crash: no line and no row from before bans anew."""
