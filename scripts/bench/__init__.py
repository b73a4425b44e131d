"""How fast each step is, beside its limit: what this machine does in the same run with nothing around it."""
