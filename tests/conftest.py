"""For all tests: no deadline on generated examples, for a loaded machine is no defect.

`HYPOTHESIS_PROFILE=fuzz` makes many more of them, and keeps none of those that failed.
"""

import os

from hypothesis import settings

settings.register_profile("house", deadline=None, database=None)
settings.register_profile("fuzz", settings.get_profile("house"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))
