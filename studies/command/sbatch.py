"""A batch script for SLURM (Yoo et al. 2003, doi:10.1007/10968987_3) that runs a study on a Ray cluster of its own."""

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from lightning_modules.errors import InvalidInput

__all__ = ["Allocation", "batch_script"]

_grace = 300  # seconds before the time limit that the driver is asked to leave
_time = re.compile(r"(?:(?P<days>\d+)-)?(?P<first>\d+)(?::(?P<second>\d+))?(?::(?P<third>\d+))?")

_body = """
set -euo pipefail
export PATH={path}:"$PATH"
export RAY_USAGE_STATS_ENABLED=0 RAY_AUTH_MODE=token
# Whoever does not know it cannot use the cluster, also from another job on the same nodes.
RAY_AUTH_TOKEN=$(python -c 'import secrets; print(secrets.token_hex(32))')
export RAY_AUTH_TOKEN

# Near the root: the path of a socket has at most 107 characters.
folder=/tmp/atlas-$SLURM_JOB_ID
mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=${{nodes[0]}}
on_one=(srun --overlap --nodes=1 --ntasks=1 --cpus-per-task={cpus})
read -r ip _ < <("${{on_one[@]}}" --nodelist="$head" hostname -I)
port=$((20000 + SLURM_JOB_ID % 10000))
address=$ip:$port
ray=(ray start --block --disable-usage-stats {resources} --object-store-memory=80000000
    --min-worker-port=0 --max-worker-port=0 --dashboard-agent-listen-port=0)

started=()
leave() {{
    trap - EXIT
    kill "${{started[@]}}" 2>/dev/null || true
    wait "${{started[@]}}" 2>/dev/null || true
    srun --overlap --nodes="${{#nodes[@]}}" --ntasks-per-node=1 rm -rf "$folder" || true
}}
trap leave EXIT

"${{on_one[@]}}" --nodelist="$head" "${{ray[@]}}" --head --node-ip-address="$ip" --port="$port" \\
    --include-dashboard=false --temp-dir="$folder" &
started+=($!)
python -m sweeps.executors.ray_nodes "$address" 1
for node in "${{nodes[@]:1}}"; do
    "${{on_one[@]}}" --nodelist="$node" "${{ray[@]}}" --address="$address" &
    started+=($!)
done
python -m sweeps.executors.ray_nodes "$address" "${{#nodes[@]}}"

atlas run {words} --executor ray --address "$address" &
driver=$!
trap 'kill -TERM "$driver" 2>/dev/null || true' TERM
status=0
wait "$driver" || status=$?
# A signal ends `wait` before the driver has finished its stacks.
while kill -0 "$driver" 2>/dev/null; do
    status=0
    wait "$driver" || status=$?
done
if [ "$status" -ne 0 ]; then
    echo "The study is not complete: submit this script again, and it goes on where it was left." >&2
fi
exit "$status"
"""


@dataclass(frozen=True)
class Allocation:
    """What SLURM is asked for.

    Arguments:
        nodes: how many.
        cpus: on each.
        gpus: on each.
        time: limit, as SLURM writes it: ``MINUTES``, ``HOURS:MINUTES:SECONDS``, ``DAYS-HOURS`` and the like; None
            leaves it to the partition.
        partition: None for the default.
        account: None for the default.

    Raises:
        InvalidInput: for a number below its least, a time that is none, or a name that no partition or account has.
    """

    nodes: int = 1
    cpus: int = 8
    gpus: int = 0
    time: str | None = None
    partition: str | None = None
    account: str | None = None

    def __post_init__(self) -> None:
        for name, value, least in (("nodes", self.nodes, 1), ("cpus", self.cpus, 1), ("gpus", self.gpus, 0)):
            if value < least:
                raise InvalidInput(f"The allocation has {value} {name}: give at least {least}.")
        if self.time is not None and _seconds(self.time) <= 0:
            raise InvalidInput(f"The time limit is {self.time!r}: give MINUTES, HOURS:MINUTES:SECONDS or DAYS-HOURS.")
        for option, given in (("partition", self.partition), ("account", self.account)):
            if given is not None and not re.fullmatch(r"[\w.,:@+-]+", given):
                raise InvalidInput(f"The {option} is {given!r}: give a name without spaces and quotes.")

    @property
    def directives(self) -> list[str]:
        """The options of sbatch; SIGTERM comes while there is time to finish the stacks under way."""
        grace = _grace if self.time is None else min(_grace, _seconds(self.time) // 4)
        options = {
            "nodes": self.nodes,
            "ntasks-per-node": 1,
            "cpus-per-task": self.cpus,
            "gpus-per-node": self.gpus or None,
            "time": self.time,
            "partition": self.partition,
            "account": self.account,
            "signal": f"B:TERM@{grace}",
        }
        return [f"--{name}={value}" for name, value in options.items() if value is not None]


def batch_script(study: str, name: str, allocation: Allocation, store: Path, budget: str, per_gpu: int | None) -> str:
    """Return the script: a Ray cluster on the nodes of the allocation, and on the first of them `atlas run`.

    It can be submitted again, by the user or by SLURM: the study goes on where it was left.

    Arguments:
        study: a built-in study, or the path of a file.
        name: of the study.
        allocation: what SLURM is asked for.
        store: that all nodes see under this path.
        budget: of the study.
        per_gpu: workers that share a GPU; None for one.

    Raises:
        InvalidInput: for workers that share GPUs where the allocation has none.
    """
    if per_gpu is not None and not allocation.gpus:
        raise InvalidInput("--per-gpu lets workers share GPUs: give --gpus-per-node too.")
    options = [f"--job-name=atlas-{name}", "--output=%x-%j.log", "--open-mode=append", "--requeue"]
    words = [study, "--store", str(store), "--budget", budget, "--accelerator", "gpu" if allocation.gpus else "cpu"]
    if per_gpu is not None:
        words += ["--per-gpu", str(per_gpu)]
    header = "\n".join(["#!/bin/bash", *(f"#SBATCH {option}" for option in [*options, *allocation.directives])])
    return (
        header
        + "\n"
        + _body.format(
            path=shlex.quote(str(Path(sys.executable).parent)),
            cpus=allocation.cpus,
            resources=f"--num-cpus={allocation.cpus} --num-gpus={allocation.gpus}",
            words=shlex.join(words),
        )
    )


def _seconds(time: str) -> int:
    """Return the seconds of a time limit, 0 if it is none."""
    match = _time.fullmatch(time)
    if match is None:
        return 0
    days, *parts = (None if part is None else int(part) for part in match.group("days", "first", "second", "third"))
    first, second, third = parts
    if days is not None:  # DAYS-HOURS[:MINUTES[:SECONDS]]
        return ((days * 24 + (first or 0)) * 60 + (second or 0)) * 60 + (third or 0)
    if third is None:  # MINUTES[:SECONDS]
        return (first or 0) * 60 + (second or 0)
    return ((first or 0) * 60 + (second or 0)) * 60 + third
