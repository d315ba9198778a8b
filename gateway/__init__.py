"""Composition: settings, transactions, servers, console and API."""
