# schemas/python/drf_client/named.py - numbers with names: what the enums made of enums.proto are.
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import enum


class Named(enum.IntEnum):
    """A number that a later version does not know, or that is absent, is 0: the most severe of its kind."""

    text: str

    def __new__(cls, number: int, text: str = "") -> Named:
        member = int.__new__(cls, number)
        member._value_ = number
        member.text = text
        return member

    @classmethod
    def _missing_(cls, value: object) -> Named | None:
        return cls._value2member_map_[0] if isinstance(value, int) else None  # type: ignore[return-value]

    def __str__(self) -> str:
        return self.name

    def __format__(self, form: str) -> str:
        return format(self.name, form)
