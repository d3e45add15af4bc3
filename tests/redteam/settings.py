"""The site that is attacked: the small site of the tests, with other pages and a resolver of its own."""

import socket

from tests.accesslog.settings import *  # noqa: F403 - a settings module is all of its names
from tests.redteam import resolver

ROOT_URLCONF = "tests.redteam.urls"
# before the app is imported, which takes them as they are
socket.gethostbyaddr = resolver.find_names
socket.getaddrinfo = resolver.find_addresses
