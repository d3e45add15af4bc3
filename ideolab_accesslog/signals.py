"""What other apps can listen to. Sent off the request path unless the docstring says otherwise."""

from django.dispatch import Signal

#: an address did what counts against it: address, reason, path, user_agent, status, count
offence = Signal()
#: the firewall confirmed: addresses (list of str), until (datetime or None), actor (str)
banned = Signal()
unbanned = Signal()
#: rows or offences could not be kept: count, why
dropped = Signal()
