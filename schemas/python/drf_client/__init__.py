# schemas/python/drf_client/__init__.py - client of the edge node: schemas/python/README.md says how.
# SPDX-License-Identifier: Apache-2.0
"""Advisory information, not certified, never a replacement for on-board sensing."""
from .drone import Accepted, Answer, Drone, e7
from .enums import (AdvisoryKind, AglBasis, Authority, Layer, Mode, PlanState, Reason, ReplyCode, Severity, TimeSource,
                    ZoneRestriction)
from .link import NotAdmitted
from .patch import Window
from .query import Client
from .terrain import TerrainBlock
from .v1 import (Context, LandingRequest, Plan, PlanPoint, PreloadRequest, Profile, Query, Report, Request,
                 Telemetry, TerrainRequest, WeatherReport)
from .values import Absent, Late, Listing, Maybe, Missing, Value, Wrong, Yes
from .view import Advisory, Now, Place, Segment

__all__ = [
    "Absent", "Accepted", "Advisory", "AdvisoryKind", "AglBasis", "Answer", "Authority", "Client", "Context", "Drone",
    "LandingRequest", "Late", "Layer", "Listing", "Maybe", "Missing", "Mode", "NotAdmitted", "Now", "Place", "Plan",
    "PlanPoint", "PlanState", "PreloadRequest", "Profile", "Query", "Reason", "ReplyCode", "Report", "Request", "Segment",
    "Severity", "Telemetry", "TerrainBlock", "TerrainRequest", "TimeSource", "Value", "WeatherReport", "Window", "Wrong", "Yes",
    "ZoneRestriction", "e7",
]
