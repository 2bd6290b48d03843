"""For all tests: no deadline on generated examples, for a loaded machine is no defect."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
