"""The smoke gate: requests that the preview has to answer before a promote. Spec section 2, "Project settings"."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

UrlPath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._~/%?=&-]*$", max_length=500)]
"""A path that is joined to a fixed host: no ``@``, no scheme, no authority can hide in it (security 9)."""


class SmokeRequest(BaseModel):
    """One GET of the preview. ``latency`` is the longest answer in milliseconds, ``body`` a text that it contains."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    path: UrlPath
    status: int = Field(default=200, ge=100, le=599)
    latency: int = Field(default=5000, ge=1, le=60_000, description="milliseconds")
    body: str = Field(default="", max_length=1000, description="a text that the answer contains")


def verdict(request: SmokeRequest, *, status: int, milliseconds: float, body: str) -> str | None:
    """None when the answer is as it should be, else a sentence."""
    if status != request.status:
        return f"GET {request.path} answered {status}, expected {request.status}"
    if request.body and request.body not in body:
        return f"GET {request.path} answered without {request.body!r} in it"
    if milliseconds > request.latency:
        return f"GET {request.path} took {milliseconds:.0f} ms, allowed are {request.latency}"
    return None
