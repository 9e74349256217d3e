"""``/mcp``: the Model Context Protocol over streamable HTTP, in front of the same dispatch. Spec section 10."""
