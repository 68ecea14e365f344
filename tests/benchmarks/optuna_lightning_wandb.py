"""A sweep as people write it today: an Optuna objective that loops over seeds, with a Lightning fit and W&B run each.

Lightning's defaults except for the progress bar and the summary, W&B offline, the search in SQLite.
"""

import argparse
import statistics
from pathlib import Path

import optuna
import pytorch_lightning as pl
import torch
import wandb
from cases import recipe
from peers import Classifier, tensors
from pytorch_lightning.loggers import WandbLogger
from torch.utils.data import DataLoader, TensorDataset

from lightning_modules.optimizers.sgd import SGD
from lightning_modules.training.build import build
from lightning_modules.training.stack_data import load


def main() -> None:
    """Run such a sweep of the digits MLP."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    each = recipe("digits_mlp", options.folder)
    train, validation = (TensorDataset(*part) for part in tensors(each))

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("learning_rate", 1e-3, 1.0, log=True)
        scores = []
        for seed in range(options.seeds):
            pl.seed_everything(seed)
            dataset = load(each.data)
            model = build(each.model, each.loss, each.preprocessing.output_shape(dataset.shape), dataset)
            logger = WandbLogger(project="digits", name=f"{trial.number}-{seed}", save_dir=options.folder, offline=True)
            trainer = pl.Trainer(
                max_epochs=each.epochs,
                accelerator="cpu",
                logger=logger,
                default_root_dir=options.folder,
                enable_progress_bar=False,
                enable_model_summary=False,
            )
            trainer.fit(
                Classifier(model, each, SGD(rate, 0.9)),
                DataLoader(train, batch_size=each.batch_size, shuffle=True),
                DataLoader(validation, batch_size=256),
            )
            scores.append(float(trainer.callback_metrics["val_accuracy"]))
            wandb.finish()
        return statistics.mean(scores)

    storage = f"sqlite:///{options.folder / 'search.db'}"
    torch.manual_seed(0)
    optuna.create_study(storage=storage, direction="maximize").optimize(objective, n_trials=options.trials)


if __name__ == "__main__":
    main()
