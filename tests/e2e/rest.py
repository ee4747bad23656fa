"""A client of the poller's HTTP interface that holds every answer against the OpenAPI document of the server."""

import dataclasses
import decimal
import http.client
import json
import urllib.parse

import jsonschema

HEADERS_OF_EVERY_ANSWER = {"date", "content-type", "connection"}


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        """Numbers with decimals as Decimal, so that nothing is rounded on the way."""
        return json.loads(self.body, parse_float=decimal.Decimal)


class Contract:
    """What an OpenAPI document promises. `seen` collects what was met of it: (method, path, status)."""

    def __init__(self, document):
        self.document = document
        self.seen = set()

    def operation_of(self, method, path):
        """The path of the document and its operation; nothing where it has none."""
        for pattern, item in self.document["paths"].items():
            if method.lower() in item and self._matches(pattern, path):
                return pattern, item[method.lower()]
        return None

    @staticmethod
    def _matches(pattern, path):
        parts, given = pattern.split("/"), path.split("/")
        return len(parts) == len(given) and all(p == g or (p.startswith("{") and g) for p, g in zip(parts, given))

    def promised(self):
        return {
            (method, path, int(status))
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
            for status in operation["responses"]
        }

    def check(self, method, path, answer):
        found = self.operation_of("GET" if method == "HEAD" else method, path)
        if found is None:
            # No operation: the server says so in the form of every error.
            assert answer.status in (404, 405), f"{method} {path}: {answer.status} {answer.body[:300]}"
            self._validate({"$ref": "#/components/schemas/Error"}, answer)
            return
        pattern, operation = found
        response = operation["responses"].get(str(answer.status))
        assert response is not None, f"{method} {pattern} does not promise {answer.status}: {answer.body[:300]}"
        if method == "HEAD":
            assert answer.body == b""
            return
        self.seen.add((method.lower(), pattern, answer.status))
        for header in response.get("headers", {}):
            assert header.lower() in answer.headers, f"{method} {pattern} {answer.status} lacks {header}"
        content = response.get("content")
        if content is None:
            assert answer.body == b""
            return
        media_type = answer.headers["content-type"].partition(";")[0]
        assert media_type in content, f"{method} {pattern} {answer.status} is {media_type}"
        if media_type == "application/json":
            self._validate(content[media_type]["schema"], answer)

    def _validate(self, schema, answer):
        validator = jsonschema.Draft202012Validator(
            {**schema, "components": self.document["components"]}, format_checker=jsonschema.FormatChecker()
        )
        validator.validate(json.loads(answer.body))


class Rest:
    """Asks one poller; each answer is checked against its document."""

    def __init__(self, poller, key=None):
        self.port = poller.port
        self.key = key
        self.contract = Contract(json.loads(self._exchange("GET", "/openapi.json", {}, None).body))

    def with_key(self, key):
        other = object.__new__(Rest)
        other.port, other.key, other.contract = self.port, key, self.contract
        return other

    def get(self, path, headers=None, **parameters):
        return self.request("GET", path, headers, **parameters)

    def post(self, path, body=b"", headers=None, **parameters):
        return self.request("POST", path, headers, body, **parameters)

    def request(self, method, path, headers=None, body=None, **parameters):
        target = path + ("?" + urllib.parse.urlencode(parameters) if parameters else "")
        headers = dict(headers or {})
        if self.key is not None:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        answer = self._exchange(method, target, headers, body)
        self.contract.check(method, path.partition("?")[0], answer)
        return answer

    def _exchange(self, method, target, headers, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()
