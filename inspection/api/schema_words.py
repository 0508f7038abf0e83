"""What a JSON schema allows, in words that a person reads: for the API's page, and for the reference."""

from collections.abc import Mapping
from typing import Any

_BOUNDS = {
    "minimum": "from {}",
    "exclusiveMinimum": "above {}",
    "maximum": "up to {}",
    "exclusiveMaximum": "below {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters at most",
    "pattern": "like `{}`",
}


def in_words(schema: Mapping[str, Any]) -> str:
    """Shapes are links to headings of their names, in Markdown; empty where anything is allowed.

    >>> in_words({"type": "array", "items": {"$ref": "#/components/schemas/Reason"}})
    'list of [Reason](#reason)'
    >>> in_words({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}]})
    'list of 2: integer, integer'
    >>> in_words({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]})
    'integer, from 1 or null'
    """
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(in_words(each) for each in schema[several]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    kind = str(schema.get("type", ""))
    if "prefixItems" in schema:
        return f"list of {len(schema['prefixItems'])}: {', '.join(map(in_words, schema['prefixItems']))}"
    if kind == "array":
        return f"list of {in_words(schema.get('items', {})) or 'anything'}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {in_words(schema['additionalProperties']) or 'anything'}"
    told = [schema["format"]] if "format" in schema else []
    told += [words.format(_number(schema[bound])) for bound, words in _BOUNDS.items() if bound in schema]
    return ", ".join([kind, *told]) if kind else ""


def _number(bound: Any) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)
