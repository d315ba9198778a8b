"""Hashes that are quick to check: how slow they should be is no matter of most tests."""

from functools import cache

from argon2 import PasswordHasher


@cache
def quick_hash(password: str) -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
