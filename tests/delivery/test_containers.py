"""Containers: the files against the schemas; and what they say, done on this machine where no engine runs."""
import json
import os
import re
import shutil
import signal
import subprocess

import pytest
import yaml

from fleet import DROVER, ROOT, free_port, own_server, wait_until
from conftest import check, check_json
from image import tracked

KUBERNETES = sorted(path for path in (ROOT / "deploy/kubernetes").glob("*.yaml") if path.stem != "kustomization")
# More than this passes between the end of --drain-timeout and the worker's own end (cli/commands/cmd_services.c).
HAND_BACK = 10
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def seconds(text):
    return sum(float(number) * SECONDS[unit] for number, unit in re.findall(r"([\d.]+)(ms|s|m|h)", text))


def drain(arguments):
    return seconds(arguments[arguments.index("--drain-timeout") + 1])


@pytest.fixture(scope="module")
def compose():
    return check_json("yaml", ROOT / "docker-compose.yml")


@pytest.fixture(scope="module")
def manifests():
    return {(each["kind"], each["metadata"].get("name", each["metadata"].get("generateName"))): each
            for path in KUBERNETES for each in check_json("documents", path)}


def pods(manifests):
    return {name: each["spec"]["template"] for (_, name), each in manifests.items() if "template" in each.get("spec", {})}


# ---- the schemas ----

def test_compose_is_valid():
    done = check("compose", ROOT / "docker-compose.yml")
    assert done.returncode == 0, done.stderr


def test_compose_with_an_unknown_key_is_not(tmp_path):
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text((ROOT / "docker-compose.yml").read_text().replace("stop_grace_period", "stop_grace"))
    done = check("compose", wrong)
    assert done.returncode == 1 and "stop_grace" in done.stderr


def test_compose_of_debian_12_takes_it():
    """docker-compose 1.29: one image is built, before all that use it."""
    compose = ["docker-compose", "-f", ROOT / "docker-compose.yml", "config"]
    done = subprocess.run(compose, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert [name for name, service in services.items() if "build" in service] == ["coordinator"]
    order = subprocess.run([*compose, "--services"], capture_output=True, text=True, check=True).stdout.split()
    of_drover = [name for name in order if services[name]["image"] == services["coordinator"]["image"]]
    assert of_drover[0] == "coordinator" and len(of_drover) == 3


def test_kubernetes_is_valid():
    done = check("kubernetes", *KUBERNETES)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("right, wrong", [("readinessProbe:", "readynessProbe:"), ("minReplicas: 2", "minReplicas: two")])
def test_kubernetes_with_a_wrong_field_is_not(tmp_path, right, wrong):
    text = (ROOT / "deploy/kubernetes/workers.yaml").read_text()
    assert right in text
    (tmp_path / "workers.yaml").write_text(text.replace(right, wrong))
    done = check("kubernetes", tmp_path / "workers.yaml")
    assert done.returncode == 1 and "drover-worker" in done.stderr, done.stderr


def test_kustomization_has_every_file():
    listed = check_json("yaml", ROOT / "deploy/kubernetes/kustomization.yaml")["resources"]
    assert sorted(listed + ["upgrade-job.yaml"]) == [path.name for path in KUBERNETES]


# ---- what they must say ----

def test_compose_publishes_nothing_and_keeps_secrets_in_files(compose):
    for name, service in compose["services"].items():
        for port in service.get("ports", []):
            assert isinstance(port, str) and re.match(r"127\.0\.0\.1:|\[::1\]:", port), (name, port)
        assert service.get("network_mode") in (None, "none"), name
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or variable.endswith("_FILE"), (name, variable, value)
        assert "healthcheck" in service or service["image"] == "drover", name  # the image has its own
        for secret in service.get("secrets", []):
            assert "file" in compose["secrets"][secret]
    assert compose["networks"]["databases"]["internal"] is True
    assert compose["services"]["worker"]["deploy"]["replicas"] == 2
    ignored = subprocess.run(["git", "check-ignore", "-q", "deploy/compose/secrets/fleet_password"], cwd=ROOT)
    assert ignored.returncode == 0


def test_workers_are_given_the_time_to_drain(compose, manifests):
    worker = compose["services"]["worker"]
    assert seconds(worker["stop_grace_period"]) > drain(worker["command"]) + HAND_BACK
    pod = manifests["Deployment", "drover-worker"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > drain(pod["containers"][0]["args"]) + HAND_BACK
    unit = (ROOT / "deploy/systemd/drover-worker.service.in").read_text()
    (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    (stop,) = re.findall(r"^TimeoutStopSec=(.*)$", unit, re.M)
    assert seconds(stop) > drain(command.split()) + HAND_BACK


def test_pods_are_confined(manifests):
    assert len(pods(manifests)) == 3
    for name, template in pods(manifests).items():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"] + spec["initContainers"]:
            assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                    "capabilities": {"drop": ["ALL"]}}, (name, container["name"])
            assert "env" not in container, "secrets are files"
            assert container["resources"]["limits"]["memory"], (name, container["name"])
        # What is mounted is there.
        volumes = {volume["name"] for volume in spec["volumes"]} | {"journal"}
        mounted = {mount["name"] for container in spec["containers"] + spec["initContainers"]
                   for mount in container["volumeMounts"]}
        assert mounted <= volumes


def test_only_the_sidecars_have_stunnel(manifests):
    listed = check_json("yaml", ROOT / "deploy/kubernetes/kustomization.yaml")["images"]
    names = {each["name"]: f"{each['newName']}:{each['newTag']}" for each in listed}
    for name, template in pods(manifests).items():
        for each in template["spec"]["containers"] + template["spec"]["initContainers"]:
            image = "drover-tls" if each.get("command", [""])[0] == "stunnel4" else "drover"
            # `kubectl create` of the job asks no kustomization.
            assert each["image"] == (names[image] if name == "drover-upgrade-" else image), (name, each["name"])


def test_policies_fit_the_pods(manifests):
    labels = [template["metadata"]["labels"] for template in pods(manifests).values()]
    for (kind, name), each in manifests.items():
        if kind == "NetworkPolicy":
            selector = each["spec"]["podSelector"]["matchLabels"]
            assert any(selector.items() <= those.items() for those in labels), name
    service = manifests["Service", "drover-coordinator"]["spec"]
    configuration = manifests["ConfigMap", "drover"]["data"]
    port = service["ports"][0]["port"]
    assert f"accept = 0.0.0.0:{port}\n" in configuration["stunnel-server.conf"]
    assert f"connect = drover-coordinator:{port}\n" in configuration["stunnel-client.conf"]
    ports = manifests["NetworkPolicy", "drover-coordinator"]["spec"]["ingress"][0]["ports"]
    assert [each["port"] for each in ports] == [port]
    autoscaler = manifests["HorizontalPodAutoscaler", "drover-worker"]["spec"]
    assert ("Deployment", autoscaler["scaleTargetRef"]["name"]) in manifests
    assert "replicas" not in manifests["Deployment", "drover-worker"]["spec"]


def test_the_job_knows_every_exit_code(manifests):
    (rule,) = [rule["onExitCodes"] for rule in manifests["Job", "drover-upgrade-"]["spec"]["podFailurePolicy"]["rules"]
               if "onExitCodes" in rule]
    codes = {int(code) for code in re.findall(r"^EXIT\((\d+),", (ROOT / "cli/manual/exits.def").read_text(), re.M)}
    assert set(rule["values"]) == codes - {0, 1}  # 1 is no answer of `upgrade`


@pytest.mark.parametrize("which", ["compose", "kubernetes"])
def test_configurations_are_valid(which, manifests, tmp_path):
    text = ((ROOT / "deploy/compose/drover.yaml").read_text() if which == "compose" else
            manifests["ConfigMap", "drover"]["data"]["drover.yaml"])
    (tmp_path / "drover.yaml").write_text(text)
    done = subprocess.run([DROVER, "config", "check", "-c", tmp_path / "drover.yaml"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr


# ---- what they do ----

class Services:
    """Containers' processes, and their end."""

    def __init__(self, container, folder):
        self.container = container
        self.folder = folder
        self.started = []

    def start(self, name, *arguments, entrypoint=None, stage=None):
        log = self.folder / f"{name}.log"
        with open(log, "w") as out:
            process = subprocess.Popen((stage or self.container).command(*arguments, entrypoint=entrypoint),
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        process.log = log
        self.started.append(process)
        return process

    def wait_for(self, process, text):
        def said():
            assert process.poll() is None, process.log.read_text()
            return text in process.log.read_text()
        wait_until(said, f"{process.log.stem} says {text!r}")

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, process.log.read_text()

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def container(image):
    return image.final


@pytest.fixture
def services(container, tmp_path):
    services = Services(container, tmp_path)
    yield services
    services.close()


@pytest.fixture(scope="module")
def second_cluster():
    with own_server() as cluster:
        yield cluster


def put(machine, name, text, mode=0o644):
    path = machine.path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def head():
    done = subprocess.run([DROVER, "heads", "--json", "--migrations", ROOT / "migrations"], capture_output=True, text=True)
    return [each["revision"] for each in json.loads(done.stdout)["revisions"]]


def installed(stage):
    return set(stage.machine.ok("dpkg-query", "-W", "-f", "${Package}\n").split())


def test_the_image_is_small_and_unprivileged(container):
    assert container.settings["USER"] == ["10001:10001"]
    assert container.run("--version").stdout.startswith("drover ")
    assert container.run(*container.settings["CMD"]).returncode == 0
    for folder in ("/run/drover", "/var/lib/drover"):
        status = container.machine.path(folder).stat()
        assert (status.st_uid, status.st_mode & 0o777) == (10001, 0o700), folder
    # Nothing of the build is in it.
    assert not container.machine.path("/source").exists() and not container.machine.path("/tmp/drover.deb").exists()


def test_the_image_is_made_from_a_bare_machine(image, base):
    """What the Dockerfile and install-deps name is enough; everything else was missing while it was built."""
    if base[1]:
        pytest.skip(f"the image was made on this machine instead: {base[1]}")
    final, tls = installed(image.final), installed(image.stages["tls"])
    assert not {"file", "gcc", "cmake", "python3", "perl", "systemd"} & final, "these are not of a bare Debian"
    assert {"file", "gcc", "cmake"} <= installed(image.stages["build"])
    assert "drover" in final and "stunnel4" in tls - final
    size = sum(path.lstat().st_blocks * 512 for path in (image.final.machine.layer() / "usr").rglob("*"))
    assert size < 80e6, f"{size / 1e6:.0f} MB beside those of Debian"


def test_the_demo_on_a_bare_machine(image, base):
    """As root from a folder that nobody else may enter, with what `install-deps` brings; no stray lines."""
    if base[1]:
        pytest.skip(f"no bare machine: {base[1]}")
    machine = image.stages["build"].machine
    for name in tracked():
        place = machine.path("/source") / name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place)
    machine.path("/source").chmod(0o700)
    done = machine.run("scripts/demo", "4", directory="/source")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "upgrade succeeded: 20 deployed, 0 unchanged, 0 failed" in done.stdout
    assert "upgrade succeeded: 0 deployed, 20 unchanged, 0 failed" in done.stdout
    stray = [line for line in done.stderr.splitlines()
             if not re.match(r"installing: |validation started: |gate opened: |wave (started|finished): ", line)]
    assert stray == []


def test_what_the_tests_need_can_be_installed(image, base):
    """Every package is one of Debian 12's. Installing them takes minutes, so it is only simulated."""
    if base[1]:
        pytest.skip(f"no bare machine: {base[1]}")
    stage = image.stages["build"]
    put(stage.machine, "/simulated/apt-get",
        '#!/bin/sh\n[ "$1" = install ] || exit 0\nexec /usr/bin/apt-get --simulate "$@"\n', 0o755)
    put(stage.machine, "/simulated/npm", "#!/bin/sh\n", 0o755)
    done = stage.machine.run("env", "PATH=/simulated:/usr/sbin:/usr/bin:/sbin:/bin", "scripts/install-deps", "test",
                             directory="/source")
    assert done.returncode == 0 and "installing: " in done.stderr, done.stdout + done.stderr


def test_the_compose_fleet_is_upgraded(container, machine, services, compose, cluster, second_cluster, tmp_path):
    shutil.copy(ROOT / "deploy/compose/secrets.sh", tmp_path)
    for _ in range(2):  # the second time keeps what is there
        subprocess.run([tmp_path / "secrets.sh"], check=True)
        password = (tmp_path / "secrets/fleet_password").read_text()
    assert re.fullmatch("[0-9a-f]{36}", password)
    put(container.machine, "/run/secrets/fleet_password", password, 0o444)
    # This machine stands for those of the databases.
    for name, text in (("/run/secrets/fleet_password", password),
                       ("/docker-entrypoint-initdb.d/tenants.sql", (ROOT / "deploy/compose/tenants.sql").read_text())):
        put(machine, name, text, 0o444)
    servers = {"pg-us": cluster, "pg-eu": second_cluster}
    configuration = (ROOT / "deploy/compose/drover.yaml").read_text()
    for name, server in servers.items():
        machine.ok("psql", "--no-psqlrc", "-q", "-d", server.url("postgres"), "-f",
                   "/docker-entrypoint-initdb.d/tenants.sql")
        assert f"{name}:5432" in configuration
        configuration = configuration.replace(f"{name}:5432", f"127.0.0.1:{server.port}")
    put(container.machine, "/etc/drover/drover.yaml", configuration)
    shutil.copytree(ROOT / "migrations", container.machine.path("/migrations"), dirs_exist_ok=True)

    def command(name):
        return compose["services"][name]["command"]
    assert container.healthy() == 1
    coordinator = services.start("coordinator", *command("coordinator"))
    services.wait_for(coordinator, "listening on")
    assert container.healthy() == 0
    workers = [services.start(f"worker-{number}", *command("worker"))
               for number in range(compose["services"]["worker"]["deploy"]["replicas"])]
    upgrade = container.run(*command("upgrade"))
    assert upgrade.returncode == 0, upgrade.stdout + upgrade.stderr
    for server in servers.values():
        tenants = [row[0] for row in server.sql("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'tenant%'")]
        assert len(tenants) == 12
        assert {tuple(server.versions(tenant)) for tenant in tenants} == {tuple(head())}
    for worker in workers:
        services.stop(worker)
    services.stop(coordinator)
    assert container.healthy() == 1


def certificates(machine, folder):
    """An authority and one certificate for all, as drover-tls; and a certificate of somebody else's."""
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True, capture_output=True)
    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=drover",
                "-keyout", f"tls-{name}.key", "-out", "tls.csr")
        openssl("x509", "-req", "-in", "tls.csr", "-CA", f"{name}.crt", "-CAkey", f"{name}.key", "-CAcreateserial",
                "-days", "2", "-out", f"tls-{name}.crt")
    for place, name in (("tls", "ca"), ("tls-other", "other")):
        for file, source in (("tls.crt", f"tls-{name}.crt"), ("tls.key", f"tls-{name}.key"), ("ca.crt", "ca.crt")):
            put(machine, f"/run/secrets/{place}/{file}", (folder / source).read_text(), 0o440)
            machine.ok("chgrp", "10001", f"/run/secrets/{place}/{file}")


def test_the_pods_speak_to_each_other_by_mutual_tls(image, container, services, manifests, cluster, tmp_path):
    cluster.sql("postgres", "CREATE ROLE drover LOGIN PASSWORD 'sesame'")
    names = [f"tenant_{number}" for number in range(5)]
    cluster.create(names, owner="drover")
    tls = image.stages["tls"]
    certificates(tls.machine, tmp_path)
    put(container.machine, "/run/secrets/drover/password", "sesame\n", 0o444)
    shutil.copytree(ROOT / "migrations", container.machine.path("/migrations"), dirs_exist_ok=True)
    data = manifests["ConfigMap", "drover"]["data"]
    pod = {name: template["spec"] for name, template in pods(manifests).items()}
    # One machine stands for all pods: each has its own ports, and its own /etc/drover.
    wire, outside = free_port(), free_port()

    def mount(name, own, secrets="tls"):
        for file, text in data.items():
            text = (text.replace("postgres.databases.svc:5432", f"127.0.0.1:{cluster.port}")
                    .replace("drover-coordinator:7433", f"127.0.0.1:{outside}").replace("0.0.0.0:7433", f"127.0.0.1:{outside}")
                    .replace("127.0.0.1:7432", f"127.0.0.1:{own}").replace("/run/secrets/tls/", f"/run/secrets/{secrets}/"))
            for stage in (container, tls):
                put(stage.machine, f"/pods/{name}/etc/drover/{file}", text)

    def of(name, command):
        return [word.replace("/etc/drover/", f"/pods/{name}/etc/drover/") for word in command]

    def sidecar(name, spec):
        process = services.start(f"{name}-tls", stage=tls,
                                 entrypoint=of(name, spec["initContainers"][0]["command"]))
        services.wait_for(process, "Configuration successful")
        return process

    def healthy(name, spec):
        stage, probe = next((tls if each["name"] == "tls" else container, each[kind]["exec"]["command"])
                            for each in spec["containers"] + spec["initContainers"]
                            for kind in ("readinessProbe", "startupProbe") if kind in each)
        return stage.run(*of(name, probe), entrypoint=[]).returncode == 0
    spec = pod["drover-coordinator"]
    mount("coordinator", wire)
    sidecar("coordinator", spec)
    coordinator = services.start("coordinator", *of("coordinator", spec["containers"][0]["args"]))
    services.wait_for(coordinator, "listening on")
    assert healthy("coordinator", spec)
    workers = []
    for number in range(2):
        name, spec = f"worker-{number}", pod["drover-worker"]
        mount(name, free_port())
        sidecar(name, spec)
        workers.append(services.start(name, *of(name, spec["containers"][0]["args"])))
        services.wait_for(workers[-1], "joined the coordinator")
        assert healthy(name, spec)
    name, spec = "upgrade", pod["drover-upgrade-"]
    mount(name, free_port())
    sidecar(name, spec)
    wait_until(lambda: healthy(name, spec), "the startup probe lets the job begin")
    done = container.run(*of(name, spec["containers"][0]["args"]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert {tuple(cluster.versions(database)) for database in names} == {tuple(head())}
    # A certificate of another authority opens nothing.
    mount("stranger", free_port(), "tls-other")
    sidecar("stranger", pod["drover-worker"])
    assert not healthy("stranger", pod["drover-worker"])
    for worker in workers:
        services.stop(worker)
    services.stop(coordinator)
