"""The JSON API under `/api/v1`: for other people's scripts, so its contract stands still."""
