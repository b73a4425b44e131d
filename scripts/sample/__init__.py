"""A town made from a seed: departments, people, enterprises, and the certificates they would hold, as CSV."""
