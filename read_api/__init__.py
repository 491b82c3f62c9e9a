"""Questions over HTTP, and the console. Never decides, never appends."""
