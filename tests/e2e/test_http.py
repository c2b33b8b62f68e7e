"""HTTP of a coordinator: the same questions and verbs as the commands', for scripts, browsers and Prometheus."""
import http.client
import json
import re
import socket
import threading

import pytest

from conftest import free_port, wait_until

TOKEN = "a-token-that-nobody-would-guess-0123456789"
WAVES = "rollout: {waves: [{name: first, count: 1}, {name: rest, approve: true}]}\n"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)  # waits while the queue is full, which it would not with a time limit
        self.sock.settimeout(60)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def json(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"{self.status}\n{self.headers}\n{self.text}"


class Http:
    """Asks the coordinator of a project, each time over a connection of its own."""

    def __init__(self, project, port=None):
        self.path = str(project.folder / ".drover/drover-http.sock")
        self.port = port

    def connection(self):
        return UnixConnection(self.path) if self.port is None else http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def request(self, method, path, body=None, headers=()):
        connection = self.connection()
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **fields):
        return self.request("POST", path, body=json.dumps(fields), headers={"Content-Type": "application/json"})


def served(project, cluster, names=("a", "b", "c"), rollout=WAVES):
    """A coordinator and a worker, and one of three targets done."""
    cluster.create(list(names))
    project.config(cluster.targets(names) + rollout)
    project.chain(1)
    process = project.coordinator()
    process.wait_for_line("serving HTTP on")
    project.start("worker")
    assert project.run("upgrade", "head", "--no-wait").code == 5
    return Http(project)


def test_a_rollout_is_seen_and_steered(cluster, project):
    ask = served(project, cluster)
    status = ask.get("/v1/status")
    assert status.status == 200 and status.headers["Content-Type"] == "application/json", status
    assert status.json["state"] == "deploying" and status.json["deployed"] == 1, status
    assert [wave["state"] for wave in status.json["waves"]] == ["finished", "awaiting approval"], status
    paused = ask.post("/v1/pause", reason="checkout is down")
    assert paused.status == 200 and paused.json["state"] == "paused", paused
    person = ask.get("/v1/status").json
    assert person["paused_by"].endswith("over HTTP") and "@" in person["paused_by"] and person["until_resumed"], person
    assert "checkout is down" in project.ok("status").out
    assert ask.post("/v1/resume").status == 200
    refused = ask.post("/v1/approve", digest="0000")
    assert refused.status == 409 and refused.headers["Content-Type"] == "application/problem+json", refused
    assert refused.json["detail"] and refused.json["hint"], refused
    assert ask.post("/v1/approve", digest=ask.get("/v1/plan").json["digest"]).status == 200
    wait_until(lambda: ask.get("/v1/status").json["state"] == "succeeded", "the rollout has succeeded")
    targets = ask.get("/v1/targets").json
    assert sorted(one["name"] for one in targets["targets"]) == ["a", "b", "c"] and targets["next"] == 0, targets
    assert [one["name"] for one in ask.get("/v1/targets?where=target%3Db").json["targets"]] == ["b"]
    log = ask.get("/v1/log").json["entries"]
    assert any("paused" in entry["sentence"] and entry["reason"] == "checkout is down" for entry in log), log
    assert ask.get("/v1/rollouts").json["rollouts"][0]["state"] == "succeeded"
    assert ask.post("/v1/pause").json["detail"] == "no rollout is running"


def test_what_is_asked_wrongly_is_told(cluster, project):
    ask = served(project, cluster)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    text = {"Content-Type": "application/json"}
    for method, path, options, status, words in (
            ("GET", "/v2/status", {}, 404, "openapi.json"),
            ("POST", "/v1/status", {}, 405, "GET it"),
            ("GET", "/v1/pause", {}, 405, "POST it"),
            ("GET", "/v1/targets?wher=x", {}, 400, 'did you mean \\"where\\"'),
            ("GET", "/v1/targets?after=-1", {}, 400, "a number from 0 on"),
            ("GET", "/v1/targets?where=%3D%3D", {}, 400, "the key of a label is expected"),
            ("GET", "/v1/status?rollout=no-such", {}, 400, "drover rollouts"),
            ("POST", "/v1/pause", {"body": "reason=x", "headers": form}, 415, "Content-Type: application/json"),
            ("POST", "/v1/pause", {"body": "{", "headers": text}, 400, "line 1"),
            ("POST", "/v1/pause", {"body": "[]", "headers": text}, 400, "not an object"),
            ("POST", "/v1/pause", {"body": '{"now": "soon"}', "headers": text}, 400, "true or false"),
            ("POST", "/v1/pause", {"body": '{"actor": "the CTO"}', "headers": text}, 400, "not for a request to say"),
            ("POST", "/v1/pause", {"body": '{"verb": "resume"}', "headers": text}, 400, "not for a request to say")):
        answer = ask.request(method, path, **options)
        assert answer.status == status and words in answer.text, (path, answer)
        problem = answer.json
        assert problem["status"] == status and problem["title"] and problem["detail"] and problem["code"], answer
    assert ask.get("/v1/pause").headers["Allow"] == "POST"
    assert ask.get("/v1/status").json["state"] == "deploying", "nothing was done"


def test_a_body_without_end_is_not_kept(cluster, project):
    ask = served(project, cluster)
    connection = ask.connection()
    connection.putrequest("POST", "/v1/pause")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        for _ in range(1000):
            connection.send(chunk)
        connection.getresponse()
    assert ask.get("/healthz").text == "ok\n"


def over_tcp(cluster, project):
    port = free_port()
    project.write("token", TOKEN + "\n")
    cluster.create(["a"])
    project.config(cluster.targets(["a"]) + f"http: tcp:127.0.0.1:{port}\nhttp_token: token\n")
    project.chain(1)
    project.coordinator().wait_for_line("serving HTTP on")
    return Http(project, port)


def test_over_tcp_a_token_is_shown(cluster, project):
    ask = over_tcp(cluster, project)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert ask.get("/healthz").status == 200, "a probe needs none"
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {TOKEN}x"},
                    {"Authorization": f"Basic {TOKEN}"}):
        refused = ask.get("/v1/status", headers=headers)
        assert refused.status == 401 and refused.headers["WWW-Authenticate"].startswith("Bearer"), refused
        assert TOKEN not in refused.text
    assert ask.get("/v1/status", headers=bearer).status == 200
    assert ask.get("/metrics", headers=bearer).status == 200
    foreign = {**bearer, "Host": "evil.example"}
    assert ask.get("/v1/status", headers=foreign).status == 403, "a name that was made to point here"
    page = {**bearer, "Origin": "https://evil.example"}
    assert ask.get("/v1/status", headers=page).status == 403
    assert ask.get("/v1/status", headers={**bearer, "Origin": f"http://127.0.0.1:{ask.port}"}).status == 200


@pytest.mark.parametrize("keys, words", [
    ("http: tcp:127.0.0.1:7480\n", ["http_token: PATH"]),
    ("http: tcp:127.0.0.1:7480\nhttp_token: nothing\n", ["nothing: "]),
    ("http: tcp:127.0.0.1:7480\nhttp_token: short\n", ["no line of 16 to 4096 characters", "openssl rand"]),
    ("http: tcp:0.0.0.0:7480\nhttp_token: token\n", ["not on loopback"]),
])
def test_nobody_is_let_in_unknown(project, keys, words):
    project.write("token", TOKEN)
    project.write("short", "secret")
    project.config("targets: [{name: a, url: 'postgresql://nowhere/x'}]\n" + keys)
    refused = project.run("coordinator")
    assert refused.code == 78 and TOKEN not in refused.err and "secret" not in refused.err, refused
    for word in words:
        assert word in refused.err, refused


def test_the_gate_of_an_application(cluster, project):
    """For certain, not, or unknown: what is unknown is never yes, also after a restart."""
    cluster.create(["a", "b"])
    project.config(cluster.targets(["a", "b"]) + WAVES)
    project.chain(2)
    project.coordinator().wait_for_line("serving HTTP on")
    ask = Http(project)
    nothing = ask.get("/v1/gate?min=r001")
    assert nothing.status == 503 and not nothing.json["at_least"] and "no rollout yet" in nothing.json["reason"], nothing
    project.start("worker")
    assert project.run("upgrade", "r001", "--no-wait").code == 5
    for question, status, words in (
            ("min=r001", 409, '"behind":1,"unknown":0'), ("min=r001", 409, '"examples":["b"]'),
            ("min=r001&target=a", 200, '"at_least":true'), ("min=r001&target=b", 409, '"at_least":false'),
            ("min=r002&target=a", 409, '"behind":1'), ("min=heads", 409, '"behind":2'), ("min=base", 200, ""),
            ("min=r001&target=nobody", 503, "no target of this name"),
            ("min=r009", 503, "no revision or label 'r009'"), ("", 400, "min=REVISION")):
        answer = ask.get(f"/v1/gate?{question}")
        assert answer.status == status and words in answer.text, (question, answer)
    project.processes[0].kill()
    project.coordinator().wait_for_line("serving HTTP on")
    assert ask.get("/v1/gate?min=r001&target=a").status == 200
    assert ask.get("/v1/gate?min=r001").status == 409
    assert ask.post("/v1/approve", digest=ask.get("/v1/plan").json["digest"]).status == 200
    wait_until(lambda: ask.get("/v1/gate?min=r001").status == 200, "all stand there")
    part = project.run("upgrade", "head", "--where", "target=a", "--no-wait")
    assert part.code in (0, 5), part
    whole = ask.get("/v1/gate?min=r001")
    assert whole.status == 503 and "a part of the fleet" in whole.json["reason"], whole


def test_metrics(cluster, project):
    ask = served(project, cluster)
    text = ask.get("/metrics")
    assert text.headers["Content-Type"].startswith("text/plain; version=0.0.4"), text
    series = [line for line in text.text.splitlines() if not line.startswith("#")]
    assert len(series) < 60, "whatever the size of the fleet"
    for line in series:
        assert re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9.e+]+', line), line
    for line in ('drover_rollout_state{state="deploying"} 1', 'drover_targets 3', "drover_workers 1",
                 'drover_targets_by_state{state="deployed"} 1', 'drover_waves{state="awaiting approval"} 1'):
        assert line in series, text


def test_the_interface_describes_itself(cluster, project):
    ask = served(project, cluster)
    document = ask.get("/openapi.json").json
    assert document["openapi"] == "3.1.0"
    for path, operations in document["paths"].items():
        (method, operation), = operations.items()
        assert operation["summary"].endswith(".") and "200" in operation["responses"], path
        if method == "get":
            answer = ask.get(path + "?min=base" * (path == "/v1/gate"))
            assert answer.status == 200, (path, answer)
            declared, = operation["responses"]["200"]["content"].items()
            assert answer.headers["Content-Type"].startswith(declared[0]), (path, answer)
            if declared[0] == "application/json" and path != "/openapi.json":
                known = declared[1]["schema"]["properties"]
                assert set(answer.json) <= set(known), path
        else:
            assert ask.post(path, no_such_field=1).status == 400, path
    verbs = {path.removeprefix("/v1/") for path, one in document["paths"].items() if "post" in one}
    assert verbs == {"pause", "resume", "cancel", "retry", "skip", "unskip", "approve", "rollback", "set"}


def test_a_crowd_and_slow_readers(cluster, project):
    """Many who ask for what is slow to tell, or end in the middle of a sentence: the others are answered."""
    ask = served(project, cluster)
    idle = []
    for number in range(200):
        one = socket.socket(socket.AF_UNIX)
        one.connect(ask.path)
        one.sendall(b"GET /v1/log HTTP/1.1\r\nHost: x\r\n" + b"\r\n" * (number % 2))
        idle.append(one)
    answers = []

    def many():
        for _ in range(20):
            try:
                answers.append(ask.get("/v1/status").status)
            except OSError as failure:
                answers.append(repr(failure))
    crowd = [threading.Thread(target=many) for _ in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert answers == [200] * 160, answers
    assert project.ok("status", "--json").json["state"] == "deploying"
    for one in idle:
        one.close()


def test_it_ends_and_comes_back_with_the_coordinator(cluster, project):
    ask = served(project, cluster)
    project.processes[0].kill()
    project.coordinator().wait_for_line("serving HTTP on")
    assert ask.get("/v1/status").json["deployed"] == 1
    waits = ask.connection()
    waits.connect()
    assert project.processes[-1].terminate().code == 0
    with pytest.raises(OSError):
        ask.get("/healthz")
    waits.close()


def test_off(cluster, project):
    project.config("http: off\ntargets: [{name: a, url: 'postgresql://nowhere/x'}]\n")
    project.coordinator()
    assert not (project.folder / ".drover/drover-http.sock").exists()
