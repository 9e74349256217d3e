"""python -m bench.floor PORT: the least that a server of this kind can do, a route that answers a constant."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def constant(request: Request) -> JSONResponse:
    await request.body()
    return JSONResponse({"success": True, "data": {"activeSlot": "blue"}})


def main(port: int) -> None:
    app = Starlette(routes=[Route("/api/tool", constant, methods=["POST"])])
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", ws="none", access_log=False, log_config=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
