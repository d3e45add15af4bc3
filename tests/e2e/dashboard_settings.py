"""The settings of the tests' site behind an nginx that ends TLS, with the strict policy of its own pages."""

from tests.accesslog import settings as plain

globals().update({name: value for name, value in vars(plain).items() if name.isupper()})
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
MIDDLEWARE = [*plain.MIDDLEWARE, "tests.accesslog.strict.policy"]
