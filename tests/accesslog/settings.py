"""A small site with the app in it; DJANGO_DB=postgresql|mysql choose the real servers tests start."""

import json
import os
import tempfile
from pathlib import Path

SECRET_KEY = "tests only"
DEBUG = False
USE_TZ = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.accesslog.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
LANGUAGE_CODE = "en"
#: of one user: another cannot write to what root's run has left
STATE = Path(
    os.environ.get("ACCESSLOG_TEST_STATE") or f"{tempfile.gettempdir()}/ideolab-accesslog-tests-{os.getuid()}"
)
STATE.mkdir(exist_ok=True)

_SERVERS = {
    "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DJANGO_DB_NAME", ":memory:")},
    "postgresql": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("DJANGO_DB_NAME", "accesslog"),
        "USER": os.environ.get("DJANGO_DB_USER", "postgres"),
        "HOST": os.environ.get("DJANGO_DB_HOST", ""),
        "PORT": os.environ.get("DJANGO_DB_PORT", ""),
    },
    "mysql": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": os.environ.get("DJANGO_DB_NAME", "accesslog"),
        "USER": os.environ.get("DJANGO_DB_USER", "root"),
        "HOST": os.environ.get("DJANGO_DB_HOST", ""),
        "OPTIONS": {"charset": "utf8mb4"},
    },
}
if os.environ.get("DJANGO_DB") == "mysql":
    from tests.lab.mariadb import use_driver

    use_driver()
DATABASES = {"default": _SERVERS[os.environ.get("DJANGO_DB", "sqlite")]}

INSTALLED_APPS = [
    # a theme of the admin, which stands before it: unfold, jazzmin
    *filter(None, [os.environ.get("DJANGO_THEME")]),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ideolab_accesslog",
]
MIDDLEWARE = [
    # what a site has in front of all others
    *filter(None, os.environ.get("DJANGO_MIDDLEWARE", "").split(",")),
    "django.middleware.security.SecurityMiddleware",
    "ideolab_accesslog.middleware.AccessLogMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
TRASHIP_LOG = str(STATE / "traship.log")
TRASHIP_MANUAL_LOG = str(STATE / "manual.log")
ACCESSLOG_SPOOL = str(STATE / "spool")
# the pack's own tests want to see its thread, its lines and its bans
ACCESSLOG_TESTING = False

for _name, _value in os.environ.items():
    # what a test tells the server that it starts: DJANGO_ACCESSLOG_SINK=spool, DJANGO_TRASHIP_AUTO_BAN=true
    if _name.startswith(("DJANGO_ACCESSLOG_", "DJANGO_TRASHIP_")):
        try:
            globals()[_name[len("DJANGO_") :]] = json.loads(_value)
        except ValueError:
            globals()[_name[len("DJANGO_") :]] = _value
