"""A model's files: where they are, what they say of the model, and what it would take to download and hold them.

`source.py` finds them by name, in a folder or, with `hub.py`, on the hub. Nothing here imports torch.
"""
