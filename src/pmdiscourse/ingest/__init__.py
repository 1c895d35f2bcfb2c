"""First wing: raw files become posts and passages."""
