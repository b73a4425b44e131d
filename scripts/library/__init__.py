"""The verifier as a library of its own: `python -m scripts.library --out DIR` builds its wheel, and the npm
package of the one in JavaScript.

The same modules as the registry's, and only those that a verification reaches: no store, chain or server.
"""
