"""For all tests: examples may be slow to make on a busy machine, and that says nothing about the code."""

from hypothesis import HealthCheck, settings

settings.register_profile("zhengtong", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("zhengtong")
