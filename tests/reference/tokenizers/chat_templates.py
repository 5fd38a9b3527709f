"""Renders chat templates with Jinja2, set up as the libraries that publish them do.

    chat_templates.py INPUT.json OUTPUT.json

INPUT.json is an array of {"template": ..., "variables": ...}; OUTPUT.json gets an array of texts, null where Jinja2 or the template refuses. Needs python3-jinja2.
"""
import datetime
import json
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    """The tag that marks what the assistant says: its body is written as it is."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.Scope(body, lineno=line)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def environment():
    result = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    result.filters["tojson"] = lambda value, ensure_ascii=False, indent=None, separators=None, sort_keys=False: json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
    result.globals["raise_exception"] = raise_exception
    result.globals["strftime_now"] = lambda form: datetime.datetime(2025, 3, 9, 4, 5, 6).strftime(form)
    return result


def render(env, case):
    try:
        return env.from_string(case["template"]).render(**case["variables"])
    except (jinja2.exceptions.TemplateError, TypeError, ZeroDivisionError, ValueError, AttributeError):
        return None


def main(source, target):
    env = environment()
    cases = json.load(open(source))
    with open(target, "w") as file:
        json.dump([render(env, case) for case in cases], file)


main(*sys.argv[1:])
