"""Python runs this at the start of every process whose PYTHONPATH names this folder: see `tests.tools.breaks`."""

import os

if os.environ.get("BLINDSPOT_BREAK"):
    from tests.tools.breaks import install

    install(os.environ["BLINDSPOT_BREAK"])
elif os.environ.get("BLINDSPOT_CALLS"):
    from tests.tools.breaks import record_calls

    record_calls(os.environ["BLINDSPOT_CALLS"])
