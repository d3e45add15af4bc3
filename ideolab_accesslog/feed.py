"""The former place of the handler; LOGGING of earlier versions names it."""

import warnings

from ideolab_accesslog.handlers import TrashipHandler as TrashipHandler

warnings.warn(
    "ideolab_accesslog.feed.TrashipHandler is now ideolab_accesslog.handlers.TrashipHandler; change LOGGING",
    DeprecationWarning,
    stacklevel=2,
)
