"""Property tests give the same examples on every machine, and none is timed.

The tests in ``microdata/`` rebuild tables from files that are not part of the project. They are
collected only where SATISFACTION_MICRODATA names the folder of those files; the builders themselves
are tested everywhere, on made frames (test_builder_frames.py).
"""

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("steady")
collect_ignore = [] if os.environ.get("SATISFACTION_MICRODATA") else ["microdata"]
