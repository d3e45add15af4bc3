"""The former path of TrashipHandler: LOGGING of earlier versions names it. Importing it warns once."""

import warnings

from ideolab_accesslog.handlers import TrashipHandler as TrashipHandler

warnings.warn(
    "ideolab_accesslog.feed.TrashipHandler is now ideolab_accesslog.handlers.TrashipHandler; change LOGGING",
    DeprecationWarning,
    stacklevel=2,
)
