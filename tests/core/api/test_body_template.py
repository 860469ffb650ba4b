"""Templates of tenants: what one may hold, and that none costs more than it is long."""

import json
import time

import pytest
from pydantic import TypeAdapter, ValidationError

from mainstream.api.sinks.body_template import EXAMPLE, MOST_BYTES, MOST_CHARACTERS, BodyTemplate
from mainstream.api.sinks.sink import Sink, WebhookSink

WHOLE = """{"text": {{ (app ~ " at " ~ start) | tojson }}, "score": {{ peak_score | round(2) }}
{% if event == "closed" %}, "seconds": {{ end_s - start_s }}{% endif %}, "picture": {{ picture | tojson }}}"""


def test_a_template_makes_a_body_of_an_alerts_fields() -> None:
    assert json.loads(BodyTemplate(WHOLE).render({**EXAMPLE, "event": "closed"})) == {
        "text": "plaza/crossing at 2026-11-22T12:00:00.250+00:00",
        "score": 0.94,
        "seconds": 3.25,
        "picture": EXAMPLE["picture"],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% for n in app %}{{ n }}{% endfor %}", "a loop is not allowed"),
        ("{% for a in app %}{% for b in app %}{% endfor %}{% endfor %}", "a loop is not allowed"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "is not allowed"),
        ("{{ app * 1000000000 }}", "a product is not allowed"),
        ("{{ 9 ** 9 ** 9 }}", "a power is not allowed"),
        ("{{ '%1000000000d' % 1 }}", "Mod is not allowed"),
        ("{{ app | center(1000000000) }}", "the filter 'center' is not allowed"),
        ("{{ app | replace('a', app) }}", "the filter 'replace' is not allowed"),
        ("{{ app | tojson | tojson | tojson }}", "more than 2 filters"),
        ("{{ app | tojson(1000000000) }}", "the filter 'tojson' is not allowed so"),
        ("{% set a = app ~ app %}{{ a }}", "Assign is not allowed"),
        ("{{ app.__class__ }}", "Getattr is not allowed"),
        ("{{ app['__class__'] }}", "Getitem is not allowed"),
        ("{{ self }}", "an alert has no field 'self'"),
        ("{{ range(10) }}", "a call is not allowed"),
        ("{{ cycler }}", "an alert has no field 'cycler'; it has event, id, app"),
        ("{% include 'other' %}", "is not allowed"),
        ("{{ app", "it is no Jinja: unexpected end"),
        ("{{ app + 1 }}", "fails for an alert"),
        ("{{ 1 / 0 }}", "fails for an alert"),
        ("{{ app | round }}", "fails for an alert"),
        ("{{ app }}", "gives no JSON"),
        ("{{ " + "(" * 1000 + "app" + ")" * 1000 + " }}", "nested too deeply"),
        ("{{ " + "not " * 1000 + "app }}", "nested too deeply"),
    ],
)
def test_a_template_that_loops_multiplies_or_fails_is_refused_in_a_sentence_and_at_once(text: str, said: str) -> None:
    start_s = time.monotonic()
    with pytest.raises(ValueError, match=r"^\w") as raised:
        BodyTemplate(text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert time.monotonic() - start_s < 1.0


def test_the_most_that_a_template_can_cost_is_soon_over() -> None:
    one = "{{(app~app~app~app~app~app~app~app)|tojson|urlencode}}"
    text = one * (MOST_CHARACTERS // len(one))
    template = BodyTemplate(text, "text/plain")
    start_s = time.monotonic()
    with pytest.raises(ValueError, match=f"more than {MOST_BYTES} bytes"):
        template.render({**EXAMPLE, "app": "\N{GRINNING FACE}" * 253})
    assert time.monotonic() - start_s < 0.5


def test_a_template_of_another_type_need_not_be_json() -> None:
    assert BodyTemplate("{{ app | upper }}", "text/plain").render(EXAMPLE) == b"PLAZA/CROSSING"


def test_a_manifest_with_a_bad_template_names_the_sinks_field() -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(list[Sink]).validate_python([{"webhook": {"url": "http://a/", "template": "{{ ap }}"}}])
    assert raised.value.errors()[0]["loc"] == (0, "webhook")
    assert "template: an alert has no field 'ap'" in raised.value.errors()[0]["msg"]


@pytest.mark.parametrize("also", [{"pictures": True}, {"template": "{}"}])
def test_pictures_and_templates_go_with_the_plain_format_alone(also: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="go with format alert"):
        WebhookSink.model_validate({"url": "http://a/", "format": "slack", **also})
