"""Vectors that another implementer can work from: `python -m scripts.vectors` writes docs/vectors.

Keys, salts, times and signatures come from a seed, so that the same code writes the same bytes.
"""
