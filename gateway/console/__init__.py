"""The agents' console: what they see of tickets, quarantine and outbox, and what they do there."""
