"""Queries between departments: the parts that `registry.querying` puts together."""
