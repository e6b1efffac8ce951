"""The public functions, gathered by `evalcore`: each imports the rooms that it needs when it is called.

Nothing of the package imports this room but `evalcore` itself.
"""
