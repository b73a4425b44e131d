"""What is measured of the registry's work, beside the plan's baselines and targets; docs/measures.md."""
