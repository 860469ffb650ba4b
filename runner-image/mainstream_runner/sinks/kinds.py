"""Which destination each kind of sink has; a kind without one does not pass the type check."""

from dataclasses import dataclass
from typing import assert_never

from mainstream.api.sinks.review import Review
from mainstream.api.sinks.sink import ClipsSink, HomeAssistantSink, JsonLinesSink, MqttSink, WebhookSink
from mainstream.hosts.connecting import SaysRules
from mainstream_runner.sinks.destination import AppSink, Route
from mainstream_runner.sinks.home_assistant import home_assistant_route
from mainstream_runner.sinks.json_lines import AlertFiles, json_lines_route
from mainstream_runner.sinks.mqtt import mqtt_route
from mainstream_runner.sinks.pictures import AlertPictures
from mainstream_runner.sinks.uploads import ClipUploads, clips_route
from mainstream_runner.sinks.webhook import webhook_route


@dataclass(frozen=True)
class DeliveryContext:
    """What destinations of one runner have in common."""

    node: str
    files: AlertFiles
    uploads: ClipUploads
    pictures: AlertPictures
    rules: SaysRules
    """which hosts may be called"""


def route_of(each: AppSink, context: DeliveryContext) -> Route:
    """How the sink is reached; raises `InvalidInputError` where it names what must not be used."""
    match each.sink:
        case JsonLinesSink() as sink:
            return json_lines_route(sink, each.app, context.files)
        case WebhookSink() as sink:
            return webhook_route(sink, each.keys, context.pictures, context.rules)
        case MqttSink() as sink:
            return mqtt_route(sink, each, context.node, context.pictures, context.rules)
        case HomeAssistantSink() as sink:
            return home_assistant_route(sink, each, context.node, context.pictures, context.rules)
        case ClipsSink() | Review():
            return clips_route(context.uploads)
        case _:
            assert_never(each.sink)
