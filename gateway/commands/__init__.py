"""What the commands of `gateway.cli` do, a module a group."""
