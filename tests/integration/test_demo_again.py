#!/usr/bin/python3
# tests/integration/test_demo_again.py - deploy/demo over brokers that were there before, and a second time.
# SPDX-License-Identifier: Apache-2.0
# Takes: 110 s
from drf_fixture import NODE, Folder, Kafka, Mosquitto, main
from fixture.story import DRONES, check_story, fly_story


def test_the_story_is_told_over_brokers_that_were_there_before_and_again():
    names = [f"coffee-{i:02d}" for i in range(1, DRONES + 1)]
    with Folder("demo") as folder, Kafka({"auto.create.topics.enable": "false"}) as kafka, Mosquitto(users=names) as mqtt:
        (folder.path / "out").mkdir()
        accounts = folder.path / "out" / "accounts"
        accounts.write_text("".join(f"{name}:{mqtt.passwords[name]}\n" for name in (NODE, *names)))
        # The second time there is in Kafka, and retained in MQTT, what the first one left.
        for _ in range(2):
            text, report, _ = fly_story(folder, "--kafka", kafka.bootstrap, "--mqtt", f"{mqtt.host}:{mqtt.port}")
            check_story(report, text)
            assert accounts.exists(), "what was given is left alone"


main(globals())
