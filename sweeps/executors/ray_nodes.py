"""Waiting until the nodes of a Ray cluster have joined it: ``python -m sweeps.executors.ray_nodes ADDRESS COUNT``."""

import sys
import time

from lightning_modules.errors import InvalidInput
from sweeps.executors.ray_cluster import cluster, imported_ray

__all__ = ["wait_for_nodes"]


def wait_for_nodes(address: str, count: int, patience: float = 300.0) -> None:
    """Return when a cluster has so many nodes.

    Arguments:
        address: of the cluster.
        count: of its nodes.
        patience: seconds.

    Raises:
        InvalidInput: if it does not in that time.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            with cluster(address):
                while (alive := sum(node["Alive"] for node in imported_ray().nodes())) < count:
                    if time.monotonic() > deadline:
                        raise InvalidInput(f"Only {alive} of {count} nodes have joined the Ray cluster at {address}.")
                    time.sleep(0.5)
            return
        except InvalidInput:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)


if __name__ == "__main__":
    try:
        wait_for_nodes(sys.argv[1], int(sys.argv[2]))
    except InvalidInput as error:
        sys.exit(f"atlas: {error}")
