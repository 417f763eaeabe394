#!/usr/bin/python3
# tests/integration/test_check.py - `drf-edge check` says what is wrong, and by which cause.
# SPDX-License-Identifier: Apache-2.0
# Takes: 30 s
import json
import socket
import subprocess

from drf_fixture import BIN, DEADLINE_S, NODE, OBSERVER, Folder, Kafka, Mosquitto, Node, free_ports, main, wait_until
from fixture.fed import Fed

LIMITED = "drf-limited"  # the node's account, but for one kind of topic
SASL_USER, SASL_PASSWORD = "node", "right-password"


def openssl(folder, *words):
    subprocess.run(["openssl", *(str(word) for word in words)], cwd=folder, check=True, timeout=DEADLINE_S,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2, "-subj",
            f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")


def server(folder, name, days=2):
    """A certificate of 127.0.0.1 and of no name, from the authority `ca`; days 0: it has expired when it is made."""
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=broker", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-copy_extensions", "copy", "-days", days, "-out", f"{name}.pem")
    joined = (folder / f"{name}.key").read_text() + (folder / f"{name}.pem").read_text()
    (folder / f"{name}-both.pem").write_text(joined)


class SecureMosquitto(Mosquitto):
    """With a listener of TLS, one whose certificate has expired, and an account that may not write patches."""

    def __init__(self, certificates):
        super().__init__(services=[LIMITED])
        self.certificates = certificates
        self.tls_port, self.expired_port = free_ports(2)

    def _start(self):
        conf, acl = self.folder.path / "mosquitto.conf", self.folder.path / "acl"
        rights = acl.read_text()
        if LIMITED not in rights:
            block = rights[rights.index("user drf-node"):rights.index("user drf-observer")]
            block = "".join(line + "\n" for line in block.splitlines() if "/patch/" not in line)
            acl.write_text(f"{rights}\n{block.replace('user drf-node', f'user {LIMITED}')}")
            for port, name in ((self.tls_port, "broker"), (self.expired_port, "expired")):
                conf.write_text(f"{conf.read_text()}\nlistener {port} 127.0.0.1\n"
                                f"certfile {self.certificates / name}.pem\nkeyfile {self.certificates / name}.key\n")
        super()._start()


def checking(folder, name, config, *words):
    path = folder / f"{name}.json"
    path.write_text(json.dumps(config))
    return subprocess.Popen([BIN / "drf-edge", "check", "--config", path, *words], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def ended(process):
    out, err = process.communicate(timeout=DEADLINE_S)
    return process.returncode, out, err


def line_of(text, what):
    return next((line for line in text.splitlines() if line.startswith(f"{what}: ")), "")


def sasl_ssl(port, certificates, **changes):
    return {"bootstrap.servers": f"127.0.0.1:{port}", "security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN",
            "sasl.username": SASL_USER, "sasl.password": SASL_PASSWORD, "broker.address.family": "v4",
            "ssl.ca.location": str(certificates / "ca.pem"), **{key.replace("_", "."): value for key, value in changes.items()}}


def account(broker, **changes):
    return {"host": "127.0.0.1", "port": broker.tls_port, "username": NODE, "password": broker.passwords[NODE], "tls": True,
            "ca_file": str(broker.certificates / "ca.pem"), **changes}


def configuration(folder, name, kafka, mqtt, **more):
    return {"region": {"id": "niagara", "bounds": [-80, 43, -79, 44]}, "node": {"id": "n1", "mode": "LIVE"},
            "store": {"path": str(folder / f"{name}.gpkg")}, "kafka": kafka, "mqtt": mqtt,
            "feeds": [{"name": "dof", "topic": "obstacles", "kind": "obstacle"}], **more}


# Name, what is wrong at Kafka and what is said, what is wrong at MQTT and what is said.
PAIRS = [
    ("password", {"sasl.password": "wrong"}, ("SASL: ", "Authentication failed"), {"password": "wrong"},
     ("account: Not authorized",)),
    ("authority", {"ssl.ca.location": "other.pem"}, ("TLS: its certificate is not from an authority of the CA file",),
     {"ca_file": "other.pem"}, ("TLS: its certificate is not from an authority of the CA file",)),
    ("name", {"bootstrap.servers": "localhost:{secure}"}, ("TLS: its certificate is for another host name",),
     {"host": "localhost"}, ("TLS: its certificate is for another host name",)),
    ("plain", {"security.protocol": "sasl_plaintext"}, ("connection: ", "it may want TLS"), {"tls": False, "ca_file": ""},
     ("connection: ", "it may want TLS")),
    ("no-tls", {"bootstrap.servers": "{plain}"}, ("TLS: ", "it may not speak TLS"), {"port": "{plain}"},
     ("TLS: ", "it may not speak TLS")),
    ("unknown", {"bootstrap.servers": "nowhere.invalid:9092"}, ("host name: ", "nowhere.invalid"),
     {"host": "nowhere.invalid"}, ("host name: ",)),
    ("refused", {"bootstrap.servers": "127.0.0.1:9"}, ("connection: ", "Connection refused"), {"port": 9},
     ("connection: Connection refused",)),
    ("expired", {"sasl.username": "guest"}, None, {"port": "{expired}"}, ("TLS: its certificate has expired",)),
]


def test_each_cause_is_told_by_its_name():
    with Folder("certificates") as made:
        folder = made.path
        for name in ("ca", "other"):
            authority(folder, name)
        for name, days in (("broker", 2), ("expired", 0)):
            server(folder, name, days)
        listener = {"ssl.keystore.type": "PEM", "ssl.keystore.location": folder / "broker-both.pem",
                    "sasl.enabled.mechanisms": "PLAIN", "plain.sasl.jaas.config":
                    "org.apache.kafka.common.security.plain.PlainLoginModule required "
                    f'user_{SASL_USER}="{SASL_PASSWORD}" user_guest="{SASL_PASSWORD}";'}
        rights = {"authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                  "super.users": f"User:ANONYMOUS;User:{SASL_USER}"}
        with Kafka(rights, sasl_ssl=listener) as kafka, SecureMosquitto(folder) as mqtt:
            kafka.create_topics("obstacles", partitions=3)
            with mqtt.client(OBSERVER) as observer:
                observer.subscribe("drf/v1/#")
                check_each_cause(folder, kafka, mqtt)
                check_what_is_right(folder, kafka, mqtt, observer)
                check_owners_that_cannot_be(folder, kafka, mqtt)
            check_an_account_that_lacks_a_right(folder, kafka, mqtt)
            check_that_run_says_the_cause_too(folder, kafka, mqtt)


def check_each_cause(folder, kafka, mqtt):
    def filled(changes):
        places = {"{secure}": str(kafka.secure_port), "{plain}": kafka.bootstrap}
        out = {}
        for key, value in changes.items():
            if key == "port" and isinstance(value, str):
                value = {"{plain}": mqtt.port, "{expired}": mqtt.expired_port}[value]
            elif isinstance(value, str):
                for word, text in places.items():
                    value = value.replace(word, text)
                if value.endswith(".pem"):
                    value = str(folder / value)
            out[key] = value
        return out
    running = [(pair, checking(folder, pair[0], configuration(
        folder, pair[0], {**sasl_ssl(kafka.secure_port, folder), **filled(pair[1])}, account(mqtt, **filled(pair[3])))))
        for pair in PAIRS]
    for (name, _, of_kafka, _, of_mqtt), process in running:
        code, out, err = ended(process)
        said = out + err
        assert code == 1, (name, code, said)
        for what, words in (("kafka: failed", of_kafka), ("mqtt: failed", of_mqtt)):
            for word in words or ():
                assert word in line_of(out, what), (name, word, said)
        assert SASL_PASSWORD not in said and mqtt.passwords[NODE] not in said, said
        if of_kafka is None:  # an account without rights: told apart from a topic that is not there
            assert "the account has no right" in line_of(out, "feed dof: failed"), said


def check_what_is_right(folder, kafka, mqtt, observer):
    port, = free_ports(1)
    process = checking(folder, "right", configuration(folder, "right", sasl_ssl(kafka.secure_port, folder), account(mqtt),
                                                      http={"port": port}, dead_letters={"topic": "dead"},
                                                      owners={"topic": "drf.owners.niagara"}))
    code, out, err = ended(process)
    assert code == 0, out + err
    assert "asks Kafka to make it" in line_of(out, "owners: ok"), out
    assert "81 x 111 km around 43.5 N 79.5 W" in out and "1 feed" in out, out
    assert line_of(out, "feed dof: ok").endswith("topic obstacles: 3 partitions"), out
    assert "does not exist yet" in line_of(out, "dead_letters: warning"), out
    assert f"127.0.0.1:{port} can be listened on" in line_of(out, "http: ok"), out
    assert "mqtt reading: not tested" in out, out
    written = {message.topic: message for message in observer.drain()}
    expected = {f"drf/v1/drones/drf-check/{leaf}/niagara" for leaf in ("context", "advisory", "patch", "terrain", "reply")}
    expected |= {f"drf/v1/regions/niagara/nodes/drf-check/{leaf}" for leaf in ("heartbeat", "state", "catalog")}
    expected |= {"drf/v1/query/drf-check/reply", "drf/v1/regions/drf-check/alerts"}
    assert set(written) == expected, set(written) ^ expected
    assert all(message.payload == b"" and not message.retain for message in written.values()), written
    assert out.count(": ok: may write ") == len(expected), out
    assert not (folder / "right.gpkg").exists(), "check made a store"


def check_owners_that_cannot_be(folder, kafka, mqtt):
    code, out, err = ended(checking(folder, "owners", configuration(
        folder, "owners", sasl_ssl(kafka.secure_port, folder), account(mqtt), owners={"topic": "obstacles"})))
    assert code == 1, out + err
    assert "3 partitions, and it must have 32" in line_of(out, "owners: failed"), out


def check_an_account_that_lacks_a_right(folder, kafka, mqtt):
    config = configuration(folder, "limited", sasl_ssl(kafka.secure_port, folder),
                           account(mqtt, username=LIMITED, password="${LIMITED_PASSWORD}"))
    path = folder / "limited.json"
    path.write_text(json.dumps(config))
    run = subprocess.run([BIN / "drf-edge", "check", "--json", "--config", path], env={"LIMITED_PASSWORD": mqtt.passwords[LIMITED]},
                         capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    told = json.loads(run.stdout)
    failed = [one for one in told["findings"] if one["result"] == "failed"]
    assert run.returncode == told["code"] == 1 and len(failed) == 1, run
    assert failed[0]["what"] == "mqtt patch" and "0x87" in failed[0]["text"], failed
    assert mqtt.passwords[LIMITED] not in run.stdout + run.stderr


def check_that_run_says_the_cause_too(folder, kafka, mqtt):
    config = configuration(folder, "run", sasl_ssl(kafka.secure_port, folder, sasl_password="wrong"),
                           account(mqtt, host="localhost"), limits={"discover_s": 1})
    with Node(config) as node:
        node.wait_log("TLS: its certificate is for another host name")
        node.wait_log("no Kafka broker answers: SASL: ")


def test_configuration_and_machine_are_judged_before_any_broker():
    with Folder("machine") as made, socket.socket() as taken:
        folder = made.path
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        kafka, mqtt = {"bootstrap.servers": "127.0.0.1:9"}, {"port": 9}
        base = configuration(folder, "base", kafka, mqtt)

        def said(code, words, **more):
            for command in (["check", "--offline"], ["run"])[:2 if code == 2 and words[0] == "file" else 1]:
                path = folder / "node.json"
                path.write_text(json.dumps({**base, **more}))
                run = subprocess.run([BIN / "drf-edge", *command, "--config", path], capture_output=True, text=True,
                                     timeout=DEADLINE_S, check=False)
                out = run.stdout + run.stderr
                assert run.returncode == code, (command, run)
                assert all(word in out for word in words[1:]), (words, out)

        said(0, ("", "does not exist, will be created", "GB free"))
        # `run` says the same list.
        said(2, ("file", "did you mean [-80, 43, -79, 44]?", "did you mean 'dof'?", "is a directory", "unknown section 'kafak'"),
             region={"id": "niagara", "bounds": [-79, 44, -80, 43]}, kafak={}, store={"path": str(folder)},
             feeds=[{"name": "dof", "topic": "t", "kind": "obstacle", "format": "dofs"}])
        said(1, ("", "no file can be made there: No such file"), store={"path": str(folder / "none" / "x.gpkg")})
        said(1, ("", "Address already in use"), http={"port": taken.getsockname()[1]})
        said(2, ("", "is no IPv4 address"), http={"port": 1, "address": "here"})
        said(0, ("", "did you mean bounds [-80, 43, -79, 44]?"), region={"id": "n", "bounds": [43, -80, 44, -79]})
        (folder / "damaged.gpkg").write_bytes(b"not a store" * 1000)
        said(0, ("", "store: warning", "set it aside"), store={"path": str(folder / "damaged.gpkg")})
        with Fed("127.0.0.1:9", path=str(folder / "base.gpkg")) as node:
            node.wait_log("what=node.waiting")
        said(2, ("", "was made for mode"))
        said(2, ("", "was made for level 12, and 13 is asked for"), store={"path": str(folder / "base.gpkg"), "level": 13})


def test_check_beside_a_running_node_leaves_it_alone():
    with Mosquitto() as mqtt, Folder("beside") as made:
        config = configuration(made.path, "n", {"bootstrap.servers": "127.0.0.1:9"},
                               {"host": mqtt.host, "port": mqtt.port, "username": NODE, "password": mqtt.passwords[NODE]},
                               http={"port": free_ports(1)[0]})
        with Node(config) as node:
            wait_until(lambda: "what=node.recovered for=mqtt" in node.log_text(), "the node at its broker")
            code, out, err = ended(checking(made.path, "n", config, "--seconds", "1"))
            # Its account is not used a second time: that would throw the node off.
            assert code == 1, out + err  # Kafka
            assert "a node with this account is running" in line_of(out, "mqtt: not tested"), out
            assert "a node is running" in line_of(out, "http: not tested"), out
            assert "may write" not in out, out


main(globals())
