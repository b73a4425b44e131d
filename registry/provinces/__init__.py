"""Two registries on one chain (跨省通办): what departments ask departments of another registry."""
