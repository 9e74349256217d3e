"""The page for browsers: ``/`` and the files under ``/web/`` that it is made of. Spec section 10, "Browser".

Everything is read once, when the server starts. None of it needs a key: the page asks for one, and sends it with each
call as any client does.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import codeb

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}
_INDEX = "index.html"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""The page runs our own scripts and talks to this server, and nothing that is put into it does anything else."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page. A browser keeps it and asks each time whether it is still the same one."""

    body: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> "Asset":
        return cls(body, _TYPES[name.rpartition(".")[2]], f'"{hashlib.sha256(body).hexdigest()[:32]}"')

    def answer(self, request: Request) -> Response:
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache", "ETag": self.etag}
        if _has(request, self.etag):
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type=self.media_type, headers=headers)


@dataclass(frozen=True, slots=True)
class WebRoutes:
    assets: Mapping[str, Asset]

    @classmethod
    def read(cls) -> "WebRoutes":
        files = (file for file in resources.files("codeb").joinpath("web").iterdir() if _type_of(file.name))
        return cls({file.name: Asset.of(file.name, file.read_bytes()) for file in files})

    def routes(self) -> list[Route]:
        return [Route("/", self.index), *(Route(f"/web/{name}", self.file) for name in self.assets if name != _INDEX)]

    async def index(self, request: Request) -> Response:
        """The page for whoever takes HTML, for everybody else where to look."""
        answer = self.assets[_INDEX].answer(request) if _takes_html(request) else _where_to_look()
        answer.headers["Vary"] = "Accept"
        return answer

    async def file(self, request: Request) -> Response:
        return self.assets[request.url.path.rpartition("/")[2]].answer(request)


def _where_to_look() -> JSONResponse:
    return JSONResponse(
        {
            "name": "CodeB API",
            "version": codeb.__version__,
            "health": "/health",
            "tools": "/api/tools",
            "openapi": "/openapi.json",
        }
    )


def _takes_html(request: Request) -> bool:
    """Browsers name it; other clients take anything, or JSON."""
    return "text/html" in request.headers.get("Accept", "").lower()


def _has(request: Request, etag: str) -> bool:
    tags = (each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(","))
    return any(each in (etag, "*") for each in tags)


def _type_of(name: str) -> str | None:
    return _TYPES.get(name.rpartition(".")[2])
