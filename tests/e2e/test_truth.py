"""Exit code, status and journal agree with the databases: journals that are lost or restored under live workers."""
import os
import shutil
import signal

import pytest

from conftest import wait_until
from steering import Herd, marked_chain

BEFORE = ["a_1", "a_2"]
AFTER = [f"b_{number}" for number in range(1, 7)]


@pytest.fixture
def herd(cluster, project):
    herd = Herd([(cluster, BEFORE + AFTER)])
    herd.create()
    marked_chain(project, 2)
    yield herd
    herd.close()


def fleet(project, cluster, names):
    project.config(cluster.targets(names))


@pytest.mark.parametrize("fate", ["lost", "restored"])
def test_another_journal_takes_no_result_for_its_own(cluster, project, herd, fate):
    """A worker has the results of two deploys in hand when its coordinator dies. The next one numbers its epochs
    and jobs as the first did, and gives this worker other targets under the numbers of those two jobs."""
    journal = project.folder / ".drover"
    fleet(project, cluster, BEFORE)
    project.coordinator().kill()
    shutil.copytree(journal, project.folder / "backup", ignore=shutil.ignore_patterns("*.sock"))
    coordinator = project.coordinator()
    worker = project.start("worker", "--name", "w")
    herd.freeze()
    client = project.start("upgrade", "head", DROVER_TEST_RETURN_TRIES="1")
    herd.wait_blocked(len(BEFORE))
    coordinator.kill()
    assert client.finish().code == 5
    herd.thaw()
    herd.wait_done(len(BEFORE), "r002")
    os.kill(worker.popen.pid, signal.SIGSTOP)

    shutil.rmtree(journal)
    if fate == "restored":
        shutil.copytree(project.folder / "backup", journal)
    fleet(project, cluster, AFTER)
    if fate == "lost":
        project.coordinator().kill()
    project.coordinator()
    upgrade = project.start("upgrade", "head")
    wait_until(lambda: project.run("status", "--json").code == 0, "the rollout has begun")
    os.kill(worker.popen.pid, signal.SIGCONT)
    result = upgrade.finish()
    assert result.code == 0, result
    herd.assert_marks(["r001", "r002"])
    assert project.ok("status", "--json").json["deployed"] == len(AFTER)
    said = [line for line in worker.errors if "keeps another journal" in line]
    assert bool(said) == (fate == "lost"), worker.output()


def test_a_pause_names_what_nobody_can_stop(cluster, project, herd):
    """A worker is stopped in the middle of two deploys. Neither while its lease lasts nor after is it said that nothing
    runs; when it is back, the two are told to stop, and then nothing does."""
    fleet(project, cluster, BEFORE)
    clock = project.write("clock", "0")
    coordinator = project.coordinator(DROVER_TEST_CLOCK=str(clock))
    worker = project.start("worker", "--name", "w1")
    herd.freeze()
    client = project.start("upgrade", "head")
    herd.wait_blocked(len(BEFORE))
    os.kill(worker.popen.pid, signal.SIGSTOP)
    coordinator.wait_for_line("has been silent")
    said = project.ok("pause", "--now", "--reason", "stop").out
    assert "worker w1, which is lost, may still commit on a_1, a_2" in said and "nothing runs" not in said, said

    clock.write_text("60000")  # the lease is over
    coordinator.wait_for_line("job taken back from a lost worker")
    said = project.ok("pause", "--now", "--reason", "stop").out
    assert "worker w1, which is lost, may still commit on a_1, a_2" in said, said
    status = project.ok("status", "--json").json
    assert [(orphan["target"], orphan["worker"]) for orphan in status["orphans"]] == [("a_1", "w1"), ("a_2", "w1")]
    text = project.ok("status").out
    assert "MAY STILL COMMIT" in text and "a_2: worker w1 had it in hand and is lost since" in text, text

    os.kill(worker.popen.pid, signal.SIGCONT)
    wait_until(lambda: project.ok("status", "--json").json["orphans"] == [], "its worker says that it stopped")
    herd.thaw()
    wait_until(lambda: not herd.busy(), "nothing is under way")
    assert herd.done() == set()
    project.ok("resume")
    client.finish()
    project.ok("upgrade", "head")
    herd.assert_marks(["r001", "r002"], BEFORE)
