"""The high-assurance profile: attestations, signed metadata, keys after a rotation, chain lists."""
