"""The server of the demo and of the tests: nginx, fail2ban and connmon in two network namespaces."""
