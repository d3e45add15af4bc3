"""Django app: access log, TrashIP, and bans through fail2ban.

ready() registers the system checks and listens to signals; the thread starts with the first request.
"""
