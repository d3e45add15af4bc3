"""The logging handler of TrashIP lines, under the path that LOGGING names."""

from ideolab_accesslog.traship.log import TrashipHandler as TrashipHandler
