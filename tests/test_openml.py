"""Data sets of openml.org without the network: what its server would send is laid into scikit-learn's own cache."""

import gzip
import hashlib
import json
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from lightning_modules.data.cifar10 import CIFAR10
from lightning_modules.data.fashion_mnist import FashionMNIST
from lightning_modules.data.kmnist import KMNIST
from lightning_modules.data.mnist import MNIST
from lightning_modules.data.openml import OpenML, data_folder
from lightning_modules.errors import InvalidInput

pixels = np.random.default_rng(0).integers(0, 256, (12, 12))
labels = np.arange(12) % 3
names = ["cat", "ant", "bee"]


@pytest.fixture(autouse=True)
def _offline(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSATLAS_DATA", str(tmp_path))
    monkeypatch.setattr("sklearn.datasets._openml.time.sleep", lambda _: None)
    for module in ("sklearn.datasets._openml.urlopen", "urllib.request.urlopen"):
        monkeypatch.setattr(module, away)


def away(*_, **__):
    raise URLError("Name or service not known")


def serve(name, rows=pixels, targets=labels, kind="numeric", classes=names):
    """Lay a data set where scikit-learn keeps what it has fetched."""
    columns = [f"p{index}" for index in range(rows.shape[1])]
    nominal = "{" + ",".join(classes) + "}" if classes else "numeric"
    lines = [f"@relation {name}", *(f"@attribute {column} numeric" for column in columns)]
    lines += [f"@attribute class {nominal}", "@data"]
    for row, target in zip(rows.tolist(), targets.tolist(), strict=True):
        lines.append(
            ",".join(
                [*("?" if value != value else str(value) for value in row), classes[target] if classes else str(target)]
            )
        )
    arff = "\n".join(lines).encode()
    features = [
        {
            "index": str(i),
            "name": column,
            "data_type": kind,
            "is_target": "false",
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": "0",
        }
        for i, column in enumerate(columns)
    ]
    features.append(
        {
            **features[0],
            "index": str(len(columns)),
            "name": "class",
            "is_target": "true",
            "data_type": "nominal" if classes else "numeric",
            **({"nominal_value": classes} if classes else {}),
        }
    )
    description = {
        "id": "7",
        "name": name,
        "version": "1",
        "format": "ARFF",
        "status": "active",
        "file_id": "9",
        "description": "made by a test",
        "url": "https://www.openml.org/data/v1/download/9/it.arff",
        "md5_checksum": hashlib.md5(arff).hexdigest(),
    }
    listing = {"data": {"dataset": [{"did": 7, "name": name, "version": 1, "status": "active"}]}}
    answers = {
        f"api/v1/json/data/list/data_name/{name.lower()}/limit/2/data_version/1": listing,
        "api/v1/json/data/7": {"data_set_description": description},
        "api/v1/json/data/features/7": {"data_features": {"feature": features}},
        "api/v1/json/data/qualities/7": {
            "data_qualities": {"quality": [{"name": "NumberOfInstances", "value": str(len(rows))}]}
        },
    }
    contents = {path: json.dumps(answer).encode() for path, answer in answers.items()}
    for path, content in (contents | {"data/v1/download/9/it.arff": arff}).items():
        file = data_folder() / "openml" / "openml.org" / f"{path}.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(content))


def forget_the_server():
    for file in sorted((data_folder() / "openml").rglob("*.gz")):
        file.unlink()


def test_a_data_set_is_fetched_once_and_then_read_without_the_server():
    serve("Tiny_Images")
    data = OpenML("Tiny_Images", shape=(3, 2, 2))
    fetched = data.load()
    assert (fetched.inputs.dtype, fetched.targets.dtype, fetched.classes) == (np.float32, np.int64, 3)
    np.testing.assert_array_equal(fetched.inputs, pixels.reshape(12, 3, 2, 2))
    assert [sorted(names)[target] for target in fetched.targets] == [names[label] for label in labels]
    forget_the_server()
    kept = data.load()
    np.testing.assert_array_equal(kept.inputs, fetched.inputs)
    np.testing.assert_array_equal(kept.targets, fetched.targets)
    assert OpenML("Tiny_Images").load().shape == (12,)
    with np.load(data_folder() / "Tiny_Images-1.npz") as archive:
        assert archive["inputs"].dtype == np.uint8
    assert sorted(path.name for path in data_folder().glob("*.*")) == ["Tiny_Images-1.checksum", "Tiny_Images-1.npz"]


@pytest.mark.parametrize("rows", [pixels + 0.5, pixels - 1.0, pixels * 2.0])
def test_what_are_no_pixels_keeps_its_values(rows):
    serve("table", rows)
    np.testing.assert_array_equal(OpenML("table").load().inputs, rows.astype(np.float32))
    np.testing.assert_array_equal(OpenML("table").load().inputs, rows.astype(np.float32))


@pytest.mark.parametrize(
    ("cls", "name", "shape"),
    [
        (MNIST, "mnist_784", (1, 28, 28)),
        (FashionMNIST, "Fashion-MNIST", (1, 28, 28)),
        (KMNIST, "Kuzushiji-MNIST", (1, 28, 28)),
        (CIFAR10, "CIFAR_10", (3, 32, 32)),
    ],
)
def test_the_well_known_ones_have_their_shapes(cls, name, shape):
    rows = np.random.default_rng(1).integers(0, 256, (20, int(np.prod(shape))))
    serve(name, rows, np.arange(20) % 10, classes=[str(digit) for digit in range(10)])
    dataset = cls().load()
    assert (dataset.shape, dataset.classes) == (shape, 10)
    np.testing.assert_array_equal(dataset.inputs[:, -1, 0, 1], rows[:, (shape[0] - 1) * shape[1] * shape[2] + 1])
    assert dataset.targets.tolist() == (np.arange(20) % 10).tolist()


def test_without_the_network_a_sentence_says_what_to_do(tmp_path):
    with pytest.raises(
        InvalidInput, match=r"mnist_784 \(version 1\) is not in .* from openml\.org \(.*service not known.*\): connect"
    ):
        MNIST().load()
    assert list(tmp_path.glob("*.npz")) == []


def test_a_damaged_copy_is_told_and_never_used():
    serve("tiny")
    OpenML("tiny").load()
    file, beside = data_folder() / "tiny-1.npz", data_folder() / "tiny-1.checksum"
    whole, expected = file.read_bytes(), beside.read_text()
    np.savez(file, inputs=pixels.astype(np.uint8), targets=np.zeros(12, np.int64))
    with pytest.raises(
        InvalidInput, match=rf"tiny-1\.npz is not what tiny-1\.checksum says .*{expected.strip()}\): delete both"
    ):
        OpenML("tiny").load()
    for damaged in (whole[:-30], whole[:200] + b"?" + whole[201:], b""):
        file.write_bytes(damaged)
        with pytest.raises(InvalidInput, match=r"tiny-1\.npz is .*: delete"):
            OpenML("tiny").load()
    file.unlink()
    assert OpenML("tiny").load().classes == 3
    file.write_bytes(b"half of what was to be written")
    beside.unlink()  # The mark of a process that was killed between the two.
    assert OpenML("tiny").load().classes == 3
    assert beside.read_text() == expected


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    serve("tiny")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
    with pytest.raises(InvalidInput, match=r"cannot be kept in .* \(Read-only file system\): .* LOSSATLAS_DATA"):
        OpenML("tiny").load()
    assert list(tmp_path.glob("tiny*")) == []


holes = pixels.astype(float)
holes[2, 3] = np.nan


@pytest.mark.parametrize(
    ("served", "sentence"),
    [
        ({"kind": "string"}, r"What openml\.org gives for tiny \(version 1\) cannot be used: STRING attributes"),
        ({"rows": holes}, r"tiny \(version 1\) of openml\.org has features that are no numbers, or missing ones"),
        ({"classes": []}, r"tiny \(version 1\) of openml\.org has no single column of classes"),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_kept(served, sentence, tmp_path):
    serve("tiny", **served)
    with pytest.raises(InvalidInput, match=sentence):
        OpenML("tiny").load()
    assert list(tmp_path.glob("tiny*")) == []


def test_settings_that_make_no_sense_are_refused():
    serve("tiny")
    for make, sentence in (
        (lambda: OpenML("tiny", shape=(1, 5, 5)).load(), r"tiny has 12 features, which are not 1×5×5: give another"),
        (lambda: OpenML("tiny", 0), r"The version of tiny is 0: give a whole number of at least 1\."),
        (lambda: OpenML("tiny", shape=(0,)), r"One of the sizes of the shape of tiny is 0"),
        (lambda: OpenML("tiny", shape=[3]), r"The sizes of the shape of tiny are \[3\]: give a tuple"),
        (lambda: OpenML("../tiny"), r"'\.\./tiny' names no data set of openml\.org: copy"),
        (lambda: OpenML(""), r"'' names no data set"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            make()


def test_data_is_kept_in_the_cache_folder_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSATLAS_DATA", "~/own")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder() == tmp_path / "own"
    monkeypatch.delenv("LOSSATLAS_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert data_folder() == tmp_path / "cache" / "lossatlas"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert data_folder() == tmp_path / ".cache" / "lossatlas"
