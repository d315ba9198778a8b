"""Tests, in the tree of what they test; `doubles` are real servers or small ones of our own."""
