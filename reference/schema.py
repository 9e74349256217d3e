"""A field of a JSON schema, in a few words."""

import json
from collections.abc import Mapping
from typing import Any

from reference.markdown import code

Schema = Mapping[str, Any]
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "table",
}
_PATTERNS = {
    "pattern": "matches `{}`",
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
}


def kind(field: Schema, definitions: Schema) -> str:
    """What may be written there."""
    if "$ref" in field:
        return kind(definitions[field["$ref"].rpartition("/")[2]], definitions)
    if "allOf" in field and len(field["allOf"]) == 1:
        return kind(field["allOf"][0], definitions)
    if "enum" in field or "const" in field:
        return ", ".join(code(word) for word in field.get("enum", [field.get("const")]))
    if "anyOf" in field:
        kinds = dict.fromkeys(kind(each, definitions) for each in field["anyOf"] if each.get("type") != "null")
        return " or ".join(kinds)
    if field.get("type") == "array":
        return f"list of {kind(field.get('items', {}), definitions)}"
    return _WORDS.get(str(field.get("type")), "anything")


def limits(field: Schema, definitions: Schema) -> str:
    """What is refused."""
    found = []
    for each in (field, *field.get("anyOf", ()), *field.get("allOf", ()), field.get("items", {})):
        whole = definitions.get(str(each.get("$ref", "")).rpartition("/")[2], each)
        found += [words.format(whole[key]) for key, words in _PATTERNS.items() if whole.get(key) not in (None, "")]
    return ", ".join(dict.fromkeys(found))


def meant(description: str, bounds: str) -> str:
    """The meaning, and what is refused after it."""
    if not description or not bounds:
        return description or bounds
    return f"{description} ({bounds})" if description.endswith(".") else f"{description}; {bounds}"


def default(field: Schema) -> str:
    """Nothing where there is none, or where it is the absence itself."""
    value = field.get("default")
    return "" if value in (None, "", [], {}) else code(json.dumps(value))
