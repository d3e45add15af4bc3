"""The pages of the admin; Django's autodiscovery imports this package, which registers the lists."""

from ideolab_accesslog.admin import lists as lists
