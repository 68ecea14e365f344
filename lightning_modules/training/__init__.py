"""Training a stack: one LightningModule, one ``Trainer.fit``, many runs."""
