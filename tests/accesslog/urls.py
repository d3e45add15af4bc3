"""The pages of the small site."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

from ideolab_accesslog.access.client_ip import resolve


def ok(_request: HttpRequest) -> JsonResponse:
    """Answer with a small object."""
    return JsonResponse({"ok": True})


async def ok_async(_request: HttpRequest) -> JsonResponse:
    """Answer with a small object, as a coroutine."""
    return JsonResponse({"ok": True})


def stream(_request: HttpRequest) -> StreamingHttpResponse:
    """Answer in two pieces."""
    return StreamingHttpResponse(iter([b"a" * 10, b"b" * 10]))


def client(request: HttpRequest) -> JsonResponse:
    """Answer with the client's address, as the log has it."""
    return JsonResponse(resolve(request.META)._asdict())


def boom(_request: HttpRequest) -> HttpResponse:
    """Raise, as a view with a fault does."""
    raise RuntimeError("the view failed")


urlpatterns = [
    path("ok/", ok),
    path("async/", ok_async),
    path("stream/", stream),
    path("boom/", boom),
    path("client/", client),
    path("admin/", admin.site.urls),
]
