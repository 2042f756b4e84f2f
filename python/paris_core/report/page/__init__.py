"""The page: HTML, its sections, its drawings."""
