"""Data sets, their four-way split and their preprocessing; one data set a file."""

from lightning_modules.data.absolute_value import AbsoluteValue
from lightning_modules.data.blobs import Blobs
from lightning_modules.data.breast_cancer import BreastCancer
from lightning_modules.data.cifar10 import CIFAR10
from lightning_modules.data.circles import Circles
from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.digits import Digits
from lightning_modules.data.fashion_mnist import FashionMNIST
from lightning_modules.data.identity import Identity
from lightning_modules.data.kmnist import KMNIST
from lightning_modules.data.label_noise import LabelNoise
from lightning_modules.data.mnist import MNIST
from lightning_modules.data.moons import Moons
from lightning_modules.data.npz import Npz
from lightning_modules.data.openml import OpenML
from lightning_modules.data.pca import PCA
from lightning_modules.data.pipeline import Pipeline
from lightning_modules.data.preprocessing import Preprocessing
from lightning_modules.data.sawtooth import Sawtooth
from lightning_modules.data.sine import Sine
from lightning_modules.data.spirals import Spirals
from lightning_modules.data.square import Square
from lightning_modules.data.standardize import Standardize
from lightning_modules.data.step import Step
from lightning_modules.data.subset import Subset
from lightning_modules.data.whiten import Whiten
from lightning_modules.data.wine import Wine
from lightning_modules.data.without_classes import WithoutClasses
from lightning_modules.data.xor import XOR

__all__ = [
    "CIFAR10",
    "KMNIST",
    "MNIST",
    "PCA",
    "XOR",
    "AbsoluteValue",
    "Blobs",
    "BreastCancer",
    "Circles",
    "Data",
    "Dataset",
    "Diabetes",
    "Digits",
    "FashionMNIST",
    "Identity",
    "LabelNoise",
    "Moons",
    "Npz",
    "OpenML",
    "Pipeline",
    "Preprocessing",
    "Sawtooth",
    "Sine",
    "Spirals",
    "Square",
    "Standardize",
    "Step",
    "Subset",
    "Whiten",
    "Wine",
    "WithoutClasses",
]
