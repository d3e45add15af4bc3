"""The site that is attacked: the small site of the tests, with other pages."""

from tests.accesslog.settings import *  # noqa: F403 - a settings module is all of its names

ROOT_URLCONF = "tests.redteam.urls"
