"""What holds for every test: a slow machine is no fault."""

from hypothesis import settings

settings.register_profile("fedcredit", deadline=None)
settings.load_profile("fedcredit")
