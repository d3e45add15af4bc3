"""Tests of Django, allauth and axes, run with the app in front of everything and without it."""
