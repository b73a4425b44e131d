"""The authority: who may issue what, certificates for issuers' keys, trust bundles, moving to a new chain.

A process of its own. It alone opens the CA key, the bundle key and the authority's chain account.
"""
