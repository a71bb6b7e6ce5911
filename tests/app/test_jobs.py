"""Does a study that runs in the background survive everything, and show nothing half?"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from shuseki.app import jobs as room
from shuseki.app.jobs import Jobs, is_held
from shuseki.errors import ParameterError, UnknownCodeError

STUDY = '[study]\nname = "s"\ntitle = "S"\n[print]\npaper = "shoko-2012"\n'
WRONG = '[study]\nname = "s"\ntitle = "S"\n[birth]\n'


def ended(jobs: Jobs, key: str, seconds: float = 120) -> str:
    """State of a job when it has ended."""
    until = time.monotonic() + seconds
    while jobs.get(key).state in ("waiting", "running") and time.monotonic() < until:
        jobs.start_waiting()
        time.sleep(0.1)
    return jobs.get(key).state


def sleeper(jobs: Jobs, monkeypatch: pytest.MonkeyPatch, seconds: int = 60) -> None:
    """Let jobs sleep in place of running a study."""
    code = f"import time; print('{{}}', flush=True); time.sleep({seconds})"
    real = subprocess.Popen

    def start(command, **about):
        return real([sys.executable, "-c", code], **about)

    monkeypatch.setattr(room.subprocess, "Popen", start)


def test_a_wrong_study_fails_with_its_words(tmp_path: Path):
    jobs = Jobs(tmp_path / "jobs")
    job = jobs.add("S", "mei", {}, WRONG)
    assert ended(jobs, job.key) == "failed"
    assert "birth" in jobs.get(job.key).errors()
    assert "Traceback" not in jobs.get(job.key).errors()
    assert jobs.get(job.key).files() == []


def test_two_run_and_the_others_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    jobs = Jobs(tmp_path / "jobs")
    sleeper(jobs, monkeypatch)
    keys = [jobs.add("S", "mei", {}, STUDY).key for _ in range(4)]
    states = sorted(jobs.get(key).state for key in keys)
    assert states == ["running", "running", "waiting", "waiting"]
    running = [key for key in keys if jobs.get(key).state == "running"]
    jobs.cancel(running[0])
    assert ended_is(jobs, running[0], "cancelled")
    jobs.start_waiting()
    assert sum(jobs.get(key).state == "running" for key in keys) == 2
    for key in keys:
        jobs.delete(key)
    assert jobs.all() == []
    assert list((tmp_path / "jobs").iterdir()) == []


def ended_is(jobs: Jobs, key: str, state: str, seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while jobs.get(key).state != state and time.monotonic() < until:
        time.sleep(0.05)
    return jobs.get(key).state == state


def test_a_job_outlives_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = Jobs(tmp_path / "jobs")
    sleeper(first, monkeypatch)
    key = first.add("S", "mei", {}, STUDY).key
    second = Jobs(tmp_path / "jobs")  # the app was killed and started again
    assert second.get(key).state == "running"
    second.cancel(key)
    first._processes[key].wait(timeout=20)
    assert second.get(key).state == "cancelled"


def test_a_job_whose_process_was_killed_has_failed(tmp_path: Path, monkeypatch):
    jobs = Jobs(tmp_path / "jobs")
    sleeper(jobs, monkeypatch)
    key = jobs.add("S", "mei", {}, STUDY).key
    os.killpg(jobs._processes[key].pid, signal.SIGKILL)
    assert ended_is(jobs, key, "failed")


def test_a_number_that_another_process_got_is_not_the_job(tmp_path: Path, monkeypatch):
    jobs = Jobs(tmp_path / "jobs")
    sleeper(jobs, monkeypatch)
    job = jobs.add("S", "mei", {}, STUDY)
    os.killpg(jobs._processes[job.key].pid, signal.SIGKILL)
    assert ended_is(jobs, job.key, "failed")
    (job.folder / "process.lock").write_text(str(os.getpid()))  # the number lives, the lock is free
    assert jobs.get(job.key).state == "failed"
    jobs.cancel(job.key)  # would end this test if the number were believed


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "job.json", "study.toml", "out", ".", "process.lock"]
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str):
    jobs = Jobs(tmp_path / "jobs")
    with pytest.raises(ParameterError, match="file name"):
        jobs.add("S", "mei", {name: b"x"}, STUDY)
    assert list((tmp_path / "jobs").iterdir()) == []


@pytest.mark.parametrize(
    "key", ["", ".", "..", "../jobs", "20261129000000-000000000000", "a" * 500]
)
def test_a_job_that_is_not_there(tmp_path: Path, key: str):
    with pytest.raises(UnknownCodeError, match="no job"):
        Jobs(tmp_path / "jobs").get(key)


def test_only_listed_files_are_given(tmp_path: Path):
    jobs = Jobs(tmp_path / "jobs", at_once=0)
    job = jobs.add("S", "mei", {"w.csv": b"secret"}, STUDY)
    out = job.folder / "out"
    (out / "tables").mkdir(parents=True)
    (out / "manifest.json").write_text("{}")
    (out / "tables" / "a.csv").write_text("x")
    (out / "held.csv").write_text("x")
    (out / "outputs.json").write_text('{"files": [{"file": "held.csv", "verdict": "held"}]}')
    done = jobs.get(job.key)
    assert done.state == "done"
    assert done.files() == ["manifest.json", "outputs.json", "tables/a.csv"]
    for name in ("../w.csv", "held.csv", "tables", "/etc/passwd", "tables/../../w.csv", ""):
        with pytest.raises(UnknownCodeError):
            done.file(name)


def test_what_a_kill_left_half_is_swept(tmp_path: Path):
    jobs = Jobs(tmp_path / "jobs", at_once=0)
    (tmp_path / "jobs" / "new-20261129000000-000000000000").mkdir()
    (tmp_path / "jobs" / "new-20261129000000-000000000000" / "w.csv").write_text("secret")
    assert jobs.all() == []
    Jobs(tmp_path / "jobs")
    assert list((tmp_path / "jobs").iterdir()) == []


def test_events_are_whole_lines(tmp_path: Path):
    jobs = Jobs(tmp_path / "jobs", at_once=0)
    job = jobs.add("S", "mei", {}, STUDY)
    (job.folder / "progress.jsonl").write_text('{"event": "step"}\nnoise\n{"event": "do')
    assert job.events() == [{"event": "step"}]


def test_a_lock_is_free_when_nobody_holds_it(tmp_path: Path):
    assert not is_held(tmp_path / "lock")
    (tmp_path / "lock").touch()
    assert not is_held(tmp_path / "lock")


def test_the_folder_is_private(tmp_path: Path):
    jobs = Jobs(tmp_path / "jobs", at_once=0)
    job = jobs.add("S", "mei", {"w.csv": b"secret"}, STUDY)
    assert (tmp_path / "jobs").stat().st_mode & 0o077 == 0
    assert job.folder.stat().st_mode & 0o077 == 0


def test_steps_are_told_in_the_language_of_the_page(service: Callable[[str], TestClient]):
    client = service("rin")
    jobs = client.app.state.shuseki.jobs
    jobs.at_once = 0
    job = jobs.add("S", "rin", {}, STUDY)
    steps = [{"event": "step", "step": "count the births"}, {"event": "step", "step": "unheard of"}]
    (job.folder / "progress.jsonl").write_text("".join(json.dumps(one) + "\n" for one in steps))
    jobs.cancel(job.key)
    page = f"/api/studies/{job.key}/events"
    for asked, said in (("", "count the births"), ("?lang=en", "count the births")):
        assert f'"step": "{said}"' in client.get(page + asked).text
    japanese = client.get(page + "?lang=ja").text
    assert '"step": "開業の集計"' in japanese
    assert '"step": "unheard of"' in japanese
    assert client.get(page + "?lang=fr").status_code == 422
