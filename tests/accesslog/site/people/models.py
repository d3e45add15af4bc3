"""A user of the project's own."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Person(AbstractBaseUser):
    """Somebody who may do everything."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    objects = BaseUserManager()
    USERNAME_FIELD = "email"
    is_staff = is_superuser = True

    def __str__(self) -> str:
        raise RuntimeError("a person has no text")

    def has_perm(self, _permission: str, _obj: object = None) -> bool:
        """Return True."""
        return True

    def has_module_perms(self, _app: str) -> bool:
        """Return True."""
        return True
