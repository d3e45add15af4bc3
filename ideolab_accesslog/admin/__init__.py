"""The lists and pages of the admin; Django's autodiscovery imports this package, which registers them."""

from ideolab_accesslog.admin import lists as lists
