"""Adapters: one folder a channel, none of which imports another.

A channel is a module with `connect(kit, config) -> Connected | None` (None = not configured; see
`channels.kit`), declared as an entry point `ponte.channels`. `config` is the channel's own section
of the settings.
The recipe for a new one is `docs/channels.md`.
"""
