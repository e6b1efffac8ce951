"""A run's missing completions, computed by workers of a Ray cluster: `executor.py` is the executor that does it.

Ray is an extra: nothing here is imported before somebody asks for it, but for what `cluster.py` says of the workers.
"""
