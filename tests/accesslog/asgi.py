"""The small site for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

from ideolab_accesslog.asgi import stored_at_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.accesslog.settings")
application = stored_at_shutdown(get_asgi_application())
