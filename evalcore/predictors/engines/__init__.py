"""How a local model computes completions: which engine, and the engines themselves.

All give the same tokens in float32. Everything here imports torch.
"""
