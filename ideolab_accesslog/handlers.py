"""TrashipHandler under the path that LOGGING names; its code is in traship/log.py."""

from ideolab_accesslog.traship.log import TrashipHandler as TrashipHandler
