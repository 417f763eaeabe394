#!/usr/bin/python3
# tests/integration/test_tls.py - certificates for broker, node and drones; OAUTHBEARER from a token server.
# SPDX-License-Identifier: Apache-2.0
# Takes: 30 s
"""integration/live_secure runs a whole test file over mutual TLS and SASL_SSL with SCRAM-SHA-512; here is what only
certificates and tokens have: who is refused, revocation, renewal, a new CA, and a token server of the test's own."""
import base64
import http.server
import json
import os
import socket
import ssl
import stat
import subprocess
import threading
import time
import types
import urllib.parse

from drf_fixture import DEADLINE_S, NODE, Folder, Kafka, Mosquitto, Node, free_ports, main, wait_until
from fixture import place, secure

OAUTH_ID, OAUTH_SECRET, SCOPE = "edge-7", "token-secret", "feeds"


def peer_certificate(mqtt, user):
    """What the broker shows to a new connection; OSError where it ends the handshake."""
    files = mqtt.tls_settings(user)
    context = ssl.create_default_context(cafile=files["ca_file"])
    context.load_cert_chain(files["cert_file"], files["key_file"])
    with socket.create_connection(("localhost", mqtt.port), DEADLINE_S) as plain, \
            context.wrap_socket(plain, server_hostname="localhost") as secured:
        # With TLS 1.3 the broker's verdict on our certificate comes after the handshake.
        secured.settimeout(DEADLINE_S)
        secured.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03any")
        if not secured.recv(1):
            raise ConnectionResetError("closed by the broker")
        return secured.getpeercert()


def refused(mqtt, user):
    try:
        peer_certificate(mqtt, user)
    except OSError:
        return True
    return False


def test_the_name_in_the_certificate_is_the_account():
    with Mosquitto(users=["d-1", "d-2"], tls=True) as mqtt, Folder("other-ca") as other:
        tls = mqtt.folder.path / "tls"
        for path in [tls / "server.key", *tls.glob("clients/*.key"), *tls.glob("authority-*/ca.key")]:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        with mqtt.client(NODE) as node, mqtt.client("d-1") as drone, mqtt.client("d-2") as neighbour:
            node.subscribe("drf/v1/drones/+/telemetry")
            neighbour.subscribe("drf/v1/drones/d-1/context/+")
            drone.publish("drf/v1/drones/d-2/telemetry", b"another's", qos=1)
            drone.publish("drf/v1/drones/d-1/telemetry", b"its own", qos=1)
            heard = node.take()
            assert (heard.topic, heard.payload) == ("drf/v1/drones/d-1/telemetry", b"its own"), heard
            node.publish("drf/v1/drones/d-1/context/place", b"for d-1", qos=1)
            node.publish("drf/v1/regions/place/nodes/n/heartbeat", b"x", qos=1)
            assert neighbour.drain() == []
        # A certificate of the right name by another CA, and none at all.
        secure.certificates(other.path / "tls", "init")
        secure.certificates(other.path / "tls", "issue", "d-1")
        for suffix in ".pem", ".key":
            os.replace(other.path / "tls" / "clients" / f"d-1{suffix}", tls / "clients" / f"stranger{suffix}")
        assert refused(mqtt, "stranger") and not refused(mqtt, "d-1")
        with socket.create_connection(("localhost", mqtt.port), DEADLINE_S) as plain:
            plain.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03any")
            plain.settimeout(DEADLINE_S)
            try:
                assert plain.recv(1) in (b"", b"\x15"), "an MQTT answer without TLS"  # closed, or a TLS alert
            except ConnectionResetError:
                pass
        for wrong in ("issue", "drf-observer2"), ("issue", "--service", "d-9"), ("issue", "+"), ("init",), ("revoke", "d-77"), \
                ("retire-ca",):
            done = subprocess.run([secure.CERTIFICATES, tls, *wrong], capture_output=True, check=False, timeout=DEADLINE_S)
            assert done.returncode == 1 and done.stderr, (wrong, done)


def test_revoked_renewed_and_a_new_ca():
    with Mosquitto(users=["d-1", "d-2"], tls=True) as mqtt:
        mqtt.certificates("revoke", "d-2")
        kept = sorted((mqtt.folder.path / "tls" / "clients").glob("d-2.revoked-*"))
        assert len(kept) == 1 and not (mqtt.folder.path / "tls" / "clients" / "d-2.key").exists()
        # Its old certificate with a copy of its key would be the thief's; here the revoked one is proved by OpenSSL.
        tls = mqtt.folder.path / "tls"
        verdict = subprocess.run(["openssl", "verify", "-crl_check", "-CAfile", tls / "ca.pem", "-CRLfile", tls / "crl.pem",
                                  kept[0]], capture_output=True, text=True, check=False, timeout=DEADLINE_S)
        assert verdict.returncode != 0 and "certificate revoked" in verdict.stdout + verdict.stderr, verdict

        # And by the broker: a second certificate of d-3, kept aside before it is revoked.
        mqtt.certificates("issue", "d-3")
        aside = {suffix: (tls / "clients" / f"d-3{suffix}").read_bytes() for suffix in (".pem", ".key")}
        assert not refused(mqtt, "d-3")
        mqtt.certificates("revoke", "d-3")
        for suffix, value in aside.items():
            (tls / "clients" / f"stolen{suffix}").write_bytes(value)
        mqtt.reload()
        assert refused(mqtt, "stolen") and not refused(mqtt, "d-1")
        mqtt.certificates("issue", "d-3")
        assert not refused(mqtt, "d-3"), "a new certificate for the name is another one"

        # One that was replaced before the drone was stolen is revoked as well.
        files = {suffix: (tls / "clients" / f"d-3{suffix}").read_bytes() for suffix in (".pem", ".key")}
        mqtt.certificates("issue", "d-3")
        for suffix, value in files.items():
            (tls / "clients" / f"stolen{suffix}").write_bytes(value)
        assert not refused(mqtt, "stolen") and not refused(mqtt, "d-3")
        mqtt.certificates("revoke", "d-3")
        mqtt.reload()
        assert refused(mqtt, "stolen") and not refused(mqtt, "d-1")

        before = peer_certificate(mqtt, "d-1")["serialNumber"]
        mqtt.certificates("server", "--host", "localhost", "--host", "127.0.0.1")
        mqtt.reload()
        assert peer_certificate(mqtt, "d-1")["serialNumber"] != before

        mqtt.certificates("new-ca")
        mqtt.certificates("server")
        mqtt.certificates("issue", "d-4")
        mqtt.stop()
        mqtt.start()
        assert not refused(mqtt, "d-1") and not refused(mqtt, "d-4") and refused(mqtt, "stolen")
        mqtt.certificates("retire-ca")
        mqtt.stop()
        mqtt.start()
        assert refused(mqtt, "d-1") and not refused(mqtt, "d-4")


class TokenServer:
    """The token endpoint of RFC 6749 4.4 (client credentials): unsigned tokens that live for two minutes."""

    def __init__(self):
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                basic = base64.b64encode(f"{OAUTH_ID}:{OAUTH_SECRET}".encode()).decode()
                good = self.headers.get("Authorization") == f"Basic {basic}" and form.get("grant_type") == ["client_credentials"]
                outer.asked.append((good, form))
                body = json.dumps(outer.token() if good else {"error": "invalid_client"}).encode()
                self.send_response(200 if good else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/token"

    @staticmethod
    def token():
        def part(value):
            return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
        now = int(time.time())
        return {"access_token": f"{part({'alg': 'none'})}.{part({'sub': OAUTH_ID, 'iat': now, 'exp': now + 120})}.",
                "token_type": "bearer", "expires_in": 120}

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def configuration(kafka, tokens, port, secret):
    nobody = types.SimpleNamespace(host="127.0.0.1", port=9, passwords={NODE: ""})
    config = place.configuration(kafka.bootstrap, nobody, http=port)
    config["kafka"] = {**secure.kafka_settings(kafka), "sasl.mechanism": "OAUTHBEARER",
                       "sasl.oauthbearer.token.endpoint.url": tokens.url, "sasl.oauthbearer.client.id": OAUTH_ID,
                       "sasl.oauthbearer.client.secret": secret, "sasl.oauthbearer.scope": SCOPE}
    return config


def test_a_node_reads_with_tokens_and_not_with_a_wrong_secret():
    port, = free_ports(1)
    with Kafka(accounts=True) as kafka, TokenServer() as tokens:
        kafka.create_compacted(*place.TOPICS.values())
        kafka.create_topics(place.DEAD)
        kafka.kcat_produce(place.TOPICS["terrain"], place.geotiff(), key="survey",
                           headers={"drf_mode": "LIVE", "ce_time": "2026-01-01T00:00:00Z"})
        with Node(configuration(kafka, tokens, port, "wrong")) as node:
            wait_until(lambda: tokens.asked, "the node to ask for a token")
            node.wait_log("what=node.waiting for=kafka")
            assert place.metrics(port).get('drf_feed_messages_total{feed="terrain"}', 0) == 0
            assert not any(good for good, _ in tokens.asked)
        with Node(configuration(kafka, tokens, port, OAUTH_SECRET)) as node:
            wait_until(lambda: place.applied(port, "terrain") == 1, "the terrain to be read")
            good, form = tokens.asked[-1]
            assert good and form["scope"] == [SCOPE], tokens.asked
            assert OAUTH_SECRET not in node.log_text() and "eyJ" not in node.log_text(), "a secret in the log"
            assert node.stop() == 0


main(globals())
