"""What stands around Ponte in the tests. A part that is missing fails the test, it skips nothing."""
