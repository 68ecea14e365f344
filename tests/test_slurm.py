"""The batch script for SLURM: its text, its syntax, and what it does where other commands stand for SLURM's."""

import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lightning_modules.errors import InvalidInput
from studies.command.sbatch import Allocation
from tests.process_groups import assert_nobody_is_left, session_members
from tests.test_cli import atlas, own_study
from tests.test_stopping import results, whole  # noqa: F401 - a fixture

repository = Path(__file__).parents[1]


def directives(text):
    return [line.removeprefix("#SBATCH ") for line in text.splitlines() if line.startswith("#SBATCH ")]


def command_of(text):
    (line,) = [line for line in text.splitlines() if line.startswith("atlas run ")]
    return shlex.split(line.removesuffix(" &"))


def test_the_script_says_all_that_was_asked_for(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["--nodes", 3, "--time", "1-02:30:00", "--cpus-per-node", 16, "--gpus-per-node", 4, "--per-gpu", 2]
    words += ["--partition", "long,short", "--account", "lab-7", "--budget", "smoke", "--store", "my runs"]
    status, out, err = atlas(capsys, monkeypatch, "slurm", "smoke", *words)
    assert (status, err) == (0, "")
    assert out.startswith("#!/bin/bash\n#SBATCH ")
    assert directives(out) == [
        "--job-name=atlas-smoke",
        "--output=%x-%j.log",
        "--open-mode=append",
        "--requeue",
        "--nodes=3",
        "--ntasks-per-node=1",
        "--cpus-per-task=16",
        "--gpus-per-node=4",
        "--time=1-02:30:00",
        "--partition=long,short",
        "--account=lab-7",
        "--signal=B:TERM@300",
    ]
    assert "--num-cpus=16 --num-gpus=4 " in out
    store = str(tmp_path / "my runs")
    expected = ["atlas", "run", "smoke", "--store", store, "--budget", "smoke", "--accelerator", "gpu"]
    assert command_of(out) == [*expected, "--per-gpu", "2", "--executor", "ray", "--address", "$address"]
    assert list(tmp_path.iterdir()) == []


def test_names_with_spaces_and_quotes_stay_words(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "it's $HOME; `here`"
    folder.mkdir()
    (folder / "mine.py").write_text(own_study)
    file = folder / "job.sh"
    words = ["slurm", str(folder / "mine.py"), "--store", str(folder), "--output", str(file)]
    assert atlas(capsys, monkeypatch, *words) == (0, f"Submit it: sbatch {file}\n", "")
    text = file.read_text()
    assert command_of(text)[2:5] == [str(folder / "mine.py"), "--store", str(folder)]
    assert not [line for line in directives(text) if "HOME" in line or "gpus" in line or "time" in line]
    subprocess.run(["bash", "-n", str(file)], check=True)


@pytest.mark.parametrize(
    ("time_limit", "grace"),
    [("2", 30), ("8:00", 120), ("1:00:00", 300), ("0:10:00", 150), ("1-0", 300), ("0-0:16", 240)],
)
def test_the_driver_is_asked_to_leave_before_the_time_is_over(time_limit, grace):
    assert Allocation(time=time_limit).directives[-1] == f"--signal=B:TERM@{grace}"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"time": "soon"}, "The time limit is 'soon': give MINUTES, HOURS:MINUTES:SECONDS or DAYS-HOURS."),
        ({"time": "0"}, "The time limit is '0'"),
        ({"partition": "a b"}, "The partition is 'a b': give a name without spaces and quotes."),
        ({"account": "a\n#SBATCH --uid=0"}, "The account is"),
        ({"nodes": 0}, "The allocation has 0 nodes: give at least 1."),
    ],
)
def test_what_slurm_would_not_understand_is_a_sentence(options, sentence):
    with pytest.raises(InvalidInput) as raised:
        Allocation(**options)
    assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["smoke", "--per-gpu", 2], "--per-gpu lets workers share GPUs: give --gpus-per-node too."),
        (["smok"], "did you mean smoke?"),
        (["smoke", "--budget", "huge"], "choose from smoke, default, full"),
        (["smoke", "--output", "/dev/null/job.sh"], "/dev/null/job.sh cannot be written"),
    ],
)
def test_what_cannot_be_a_job_is_one_sentence(capsys, monkeypatch, words, sentence):
    status, out, err = atlas(capsys, monkeypatch, "slurm", *words)
    assert (status, out) == (2, "")
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


def submit(script, number):
    """Run the script as SLURM would on its first node: two nodes, both of them this machine."""
    return subprocess.Popen(
        ["bash", str(script)],
        env={
            **os.environ,
            "PATH": f"{script.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(repository),
            "SLURM_JOB_ID": str(number),
            "SLURM_JOB_NODELIST": "node[1-2]",
        },
        cwd=script.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
def test_a_job_that_is_told_to_leave_goes_on_when_it_is_submitted_again(
    tmp_path,
    capsys,
    monkeypatch,
    whole,  # noqa: F811
):
    commands = {
        "srun": 'while [[ $1 == --* ]]; do shift; done\nexec "$@"',
        "scontrol": '[ "$*" = "show hostnames node[1-2]" ] && printf "node1\\nnode2\\n"',
    }
    for name, text in commands.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    script, store, number = tmp_path / "job.sh", tmp_path / "store", os.getpid()
    words = ["slurm", "smoke", "--nodes", 2, "--cpus-per-node", 1, "--store", store, "--output", script]
    assert atlas(capsys, monkeypatch, *words)[0] == 0
    job = submit(script, number)
    while job.poll() is None and not list(store.glob("smoke/runs/*/*/record.json")):
        time.sleep(0.01)
    job.send_signal(signal.SIGTERM)
    out, _ = job.communicate(timeout=60)
    assert job.returncode == 130, out
    assert "Stopped: what was under way is finished" in out
    assert "\nThe study is not complete: submit this script again, and it goes on where it was left.\n" in out
    assert_nobody_is_left(job.pid, session_members)
    job = submit(script, number + 1)
    out, _ = job.communicate(timeout=120)
    assert job.returncode == 0, out
    assert results(store) == whole
    assert_nobody_is_left(job.pid, session_members)
    assert not list(Path("/tmp").glob(f"atlas-{number}*"))
