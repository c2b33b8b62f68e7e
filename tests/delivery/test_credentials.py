"""Short-lived credentials and TLS, as Azure has them: a program that hands out tokens, and a server with a
certificate."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest
from conftest import ROOT
from fleet import Cluster

TENANTS = [f"tenant_{number:02d}" for number in range(20)]


@pytest.fixture
def az(cluster, project, tmp_path):
    """A program that prints what `az account get-access-token` does, and counts its runs."""
    cluster.sql("postgres", "CREATE ROLE principal LOGIN")
    cluster.create(TENANTS, owner="principal")
    for name in TENANTS:
        cluster.sql(name, "ALTER SCHEMA public OWNER TO principal")
    project.chain(2)

    class Az:
        runs = tmp_path / "runs"
        answer = tmp_path / "answer"
        path = tmp_path / "az"

        def token(self, value, life):
            cluster.sql("postgres", f"ALTER ROLE principal PASSWORD '{value}'")
            self.answer.write_text(json.dumps({"accessToken": value, "expiresOn": "2000-01-01 00:00:00.000000",
                                               "expires_on": int(time.time()) + life, "tokenType": "Bearer"}, indent=2))

        def count(self):
            return len(self.runs.read_text().splitlines()) if self.runs.exists() else 0
    az = Az()
    az.path.write_text(f"#!/bin/sh\necho run >> {az.runs}\ncat {az.answer}\n")
    az.path.chmod(0o755)
    project.config(f"""
targets:
  - name: "{{database}}"
    discover: {{databases: "tenant_*", url: "{cluster.url('postgres', user='principal')}"}}
password: {{command: "{az.path} account get-access-token --resource-type oss-rdbms --output json"}}
""")
    return az


def test_a_token_serves_a_whole_rollout(cluster, project, az):
    az.token("first-token", 3600)
    result = project.ok("upgrade", "head", "-v")
    assert [cluster.versions(name) for name in TENANTS] == [["r002"]] * 20
    assert az.count() == 1, "once for the server: discovery, validation and deploy of all"
    assert "first-token" not in result.out + result.err
    assert b"first-token" not in (project.folder / ".drover/journal.db").read_bytes()


def test_a_worker_that_lives_longer_than_a_token(cluster, project, az):
    az.token("first-token", 3600)
    project.coordinator()
    project.start("worker")
    project.ok("upgrade", "+1")
    assert az.count() == 1
    az.token("second-token", 3600)  # the server knows only the new one from here on
    project.ok("upgrade", "+1")
    assert [cluster.versions(name) for name in TENANTS] == [["r002"]] * 20
    assert az.count() == 2, "refused once, fetched once more, for all"


def test_a_program_that_fails_says_why(project, az):
    az.path.write_text("#!/bin/sh\necho \"Please run 'az login' to setup account.\" >&2\nexit 1\n")
    result = project.run("upgrade", "head")
    assert result.code == 4 and "Please run 'az login' to setup account." in result.out, result


@pytest.fixture(scope="module")
def secure():
    """A server that takes only TLS, with a certificate for `localhost` from an authority of its own."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-tls-"))  # pytest's are closed to user postgres
    folder.chmod(0o755)

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=authority", "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
            "-keyout", folder / "server.key", "-out", folder / "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", folder / "names", "-out", folder / "server.pem")
    pg = folder / "pg"
    pg.mkdir()
    for name in ("server.key", "server.pem"):
        (pg / name).write_bytes((folder / name).read_bytes())
        (pg / name).chmod(0o600)
    subprocess.run(["chown", "-R", "postgres:postgres", pg], check=False)  # when we are root
    cluster = Cluster(pg, settings=["ssl = on", f"ssl_cert_file = '{pg}/server.pem'", f"ssl_key_file = '{pg}/server.key'"])
    (cluster.data / "pg_hba.conf").write_text("local all all trust\nhost all postgres 127.0.0.1/32 trust\n"
                                              "hostssl all all 127.0.0.1/32 scram-sha-256\n")
    cluster.sql("postgres", "SELECT pg_reload_conf()")
    cluster.sql("postgres", "CREATE ROLE drover LOGIN PASSWORD 'tls-password'")
    cluster.create(["app"], owner="drover")
    cluster.sql("app", "ALTER SCHEMA public OWNER TO drover")
    cluster.authority = folder / "ca.pem"
    yield cluster
    cluster.stop()
    shutil.rmtree(folder)


def azure_sample(project, secure, host, authority):
    """config/azure.yaml, with this server in the place of Azure's."""
    text = (ROOT / "config/azure.yaml").read_text()
    assert text.count("sslmode=verify-full") >= 2 and ":5432/" in text
    project.config(text.replace(":5432/", f":{secure.port}/").replace("migrations: ../migrations", "migrations: migrations")
                   .replace("/etc/ssl/certs/ca-certificates.crt", str(authority)))
    return {"DB_HOST": host, "DB_NAME": "app", "DB_USERNAME": "drover", "DB_PASSWORD": "tls-password"}


def test_the_sample_for_azure_checks_the_certificate(secure, project):
    project.sample_migrations()
    environment = azure_sample(project, secure, "127.0.0.1", secure.authority)
    result = project.run("upgrade", "head", **environment)
    assert result.code == 4 and "certificate" in result.out and "does not match" in result.out, result
    environment = azure_sample(project, secure, "localhost", "/etc/ssl/certs/ca-certificates.crt")
    result = project.run("upgrade", "head", **environment)
    assert result.code == 4 and "certificate verify failed" in result.out, result
    assert secure.versions("app") is None
    environment = azure_sample(project, secure, "localhost", secure.authority)
    project.ok("config", "check", **environment)
    project.ok("upgrade", "head", **environment)
    assert len(secure.versions("app")) == 1
