"""The OpenAPI document as one HTML page for people: no script, nothing loaded from elsewhere."""

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tools.openapi.document import reachable

Json = dict[str, Any]
STYLE = Path(__file__).with_suffix(".css")


def render(document: Json) -> str:
    """The page, the same to the byte for the same document."""
    return _Page(document).render()


class _Page:
    def __init__(self, document: Json) -> None:
        self.document = document
        self.schemas: Json = document["components"]["schemas"]
        self.operations = [
            (method, path, operation) for path, item in document["paths"].items() for method, operation in item.items()
        ]
        bodies = [operation.get("requestBody") for _, _, operation in self.operations]
        self.sent = reachable(bodies, self.schemas)

    def render(self) -> str:
        info = self.document["info"]
        title = f"{escape(info['title'])}: API reference"
        head = [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head><body>",
        ]
        intro = [
            f'<main id="top"><h1>{title}</h1>',
            f'<p class="faint">{escape(info["summary"])}. Version {escape(info["version"])}. '
            'For programs: <a href="openapi.json">openapi.json</a>.</p>',
            *(f"<p>{_marked(part)}</p>" for part in info["description"].split("\n\n")),
            "<p>In the examples, <code>$API</code> is the address of the API and <code>$TOKEN</code> the key.</p>",
        ]
        parts = [
            *head,
            self._contents(),
            *intro,
            *self._tags(),
            *self._errors(),
            *self._types(),
            "</main></body></html>",
        ]
        return "\n".join(parts) + "\n"

    def _contents(self) -> str:
        lines = ['<nav aria-label="Contents">']
        for tag in self.document["tags"]:
            lines.append(f'<a href="#tag-{tag["name"]}"><b>{tag["name"].capitalize()}</b></a><ul>')
            for method, _, operation in self._of(tag["name"]):
                link = f'<a href="#{operation["operationId"]}">{escape(operation["summary"])}</a>'
                lines.append(f"<li>{_method(method)} {link}</li>")
            lines.append("</ul>")
        return "\n".join([*lines, '<a href="#errors"><b>Errors</b></a><br><a href="#types"><b>Types</b></a></nav>'])

    def _of(self, tag: str) -> list[tuple[str, str, Json]]:
        return [one for one in self.operations if tag in one[2]["tags"]]

    # ------------------------------------------------------------ operations

    def _tags(self) -> Iterator[str]:
        for tag in self.document["tags"]:
            yield f'<h2 id="tag-{tag["name"]}">{tag["name"].capitalize()}</h2><p>{_marked(tag["description"])}</p>'
            for method, path, operation in self._of(tag["name"]):
                yield from self._operation(method, path, operation)

    def _operation(self, method: str, path: str, operation: Json) -> Iterator[str]:
        parameters = [self._resolved(one) for one in operation["parameters"]]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        yield f'<article id="{operation["operationId"]}"><h3>{_method(method)} <code>{escape(path)}</code></h3>'
        yield f"<p>{_marked(operation['description'])}</p>"
        if parameters:
            yield f"<h4>Parameters</h4>{_table(self._parameter(one) for one in parameters)}"
        if body:
            name = body["schema"]["$ref"].rpartition("/")[2]
            yield f"<h4>Body: {self._type(body['schema'])}</h4>{self._fields(name)}"
        yield f"<h4>Example</h4><pre>{escape(_curl(method, path, parameters, body, bool(operation['security'])))}</pre>"
        yield from self._answers(operation["responses"])
        yield "</article>"

    def _resolved(self, value: Json) -> Json:
        if "$ref" not in value:
            return value
        _, kind, name = value["$ref"].rsplit("/", 2)
        found: Json = self.document["components"][kind][name]
        return found

    def _parameter(self, parameter: Json) -> tuple[str, str]:
        where = f"{parameter['in']}, required" if parameter["required"] else parameter["in"]
        name = f'<code>{escape(parameter["name"])}</code> <span class="faint">{where}</span>'
        return name, self._described(parameter["schema"], parameter["description"])

    def _answers(self, responses: Json) -> Iterator[str]:
        for status, response in responses.items():
            if "$ref" not in response:
                contents = response.get("content", {}).values()
                kinds = [self._type(content["schema"]) for content in contents]
                yield f"<h4>Answer: {' '.join([status, *(kinds or ['without a body'])])}</h4>"
                yield from (f"<pre>{escape(_json(content['example']))}</pre>" for content in contents)
        links = [f'<a href="#error-{status}">{status}</a>' for status, one in responses.items() if "$ref" in one]
        yield f"<p>Errors: {', '.join(links)}</p>"

    # ------------------------------------------------------------ errors and types

    def _errors(self) -> Iterator[str]:
        yield '<h2 id="errors">Errors</h2><p>Each is a <a href="#Problem">Problem</a>, '
        yield "sent as <code>application/problem+json</code>.</p>"
        for response in self.document["components"]["responses"].values():
            [content] = response["content"].values()
            example = content["example"]
            yield f'<article id="error-{example["status"]}"><h3>{example["status"]} {escape(example["title"])}</h3>'
            yield f"<p>{_marked(response['description'])}</p><pre>{escape(_json(example))}</pre></article>"

    def _types(self) -> Iterator[str]:
        yield '<h2 id="types">Types</h2>'
        for name, schema in self.schemas.items():
            yield f'<article id="{name}"><h3>{name}</h3><p>{_marked(schema.get("description", ""))}</p>'
            yield f"{self._fields(name)}</article>"

    def _fields(self, name: str) -> str:
        """A row per field, those that a request must have first."""
        schema = self.schemas[name]
        required = schema.get("required", []) if name in self.sent else []
        rows = []
        for field, inner in sorted(schema["properties"].items(), key=lambda one: one[0] not in required):
            mark = ' <span class="faint">required</span>' if field in required else ""
            rows.append((f"<code>{escape(field)}</code>{mark}", self._described(inner, inner.get("description", ""))))
        return _table(rows)

    def _described(self, schema: Json, words: str) -> str:
        default = f"; default <code>{escape(json.dumps(schema['default']))}</code>" if "default" in schema else ""
        return f'{_marked(words)} <span class="faint">{self._type(schema)}{default}</span>'

    def _type(self, schema: Json) -> str:
        """A schema in words, with its limits."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return f'<a href="#{name}">{name}</a>'
        if "anyOf" in schema:
            return ", or ".join(self._type(one) for one in schema["anyOf"])
        if "enum" in schema:
            return "one of " + ", ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
        if schema.get("type") == "array":
            return f"list of {self._type(schema['items'])}{_limits(schema)}"
        names = {"string": "text", "integer": "whole number", "boolean": "true or false"}
        names |= {"date-time": "date and time", "uuid": "UUID"}
        kind = schema.get("format") or schema.get("type", "anything")
        return names.get(kind, str(kind)) + _limits(schema)


def _limits(schema: Json) -> str:
    found = [
        _range(schema.get("minimum"), schema.get("maximum"), ""),
        _range(schema.get("minLength"), schema.get("maxLength"), " characters"),
        _range(schema.get("minItems"), schema.get("maxItems"), " of them"),
        f"matches <code>{escape(schema['pattern'])}</code>" if "pattern" in schema and "format" not in schema else "",
    ]
    return "".join(f", {one}" for one in found if one)


def _range(low: float | None, high: float | None, unit: str) -> str:
    if low is None:
        return "" if high is None else f"at most {high:,}{unit}"
    return f"at least {low:,}{unit}" if high is None else f"{low:,} to {high:,}{unit}"


def _curl(method: str, path: str, parameters: list[Json], body: Json | None, is_closed: bool) -> str:
    given = {one["name"]: one["example"] for one in parameters if "example" in one}
    in_query = {
        name: json.dumps(value) if isinstance(value, bool) else value
        for name, value in given.items()
        if f"{{{name}}}" not in path
    }
    url = path.format(**given) + (f"?{urlencode(in_query, doseq=True)}" if in_query else "")
    lines = [f'curl -X {method.upper()} "$API{url}"']
    if is_closed:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if body:
        quoted = _json(body["example"]).replace("'", "'\\''")
        lines += ['-H "Content-Type: application/json"', f"-d '{quoted}'"]
    return " \\\n  ".join(lines)


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "\n".join(f"<tr><td>{left}</td><td>{right}</td></tr>" for left, right in rows)
    return f"<table>\n{cells}\n</table>"


def _method(method: str) -> str:
    return f'<span class="method {method}">{method.upper()}</span>'


def _marked(words: str) -> str:
    """Text as HTML; what stands in backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(words, quote=False))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
