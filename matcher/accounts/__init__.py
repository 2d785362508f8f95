"""Users, signing in, sessions and grants (role × organisation × region)."""
