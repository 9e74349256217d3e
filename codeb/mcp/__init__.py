"""The platform for coding assistants, by the Model Context Protocol: what both of its transports share.

``codeb-mcp`` (stdio) is a client of the API; ``/mcp`` (streamable HTTP) is a route of it. Spec section 10, security 4.
"""
