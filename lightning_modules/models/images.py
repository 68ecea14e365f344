"""What every network for images asks of its inputs."""

from lightning_modules.errors import InvalidInput

__all__ = ["require_images"]


def require_images(model: str, shape: tuple[int, ...]) -> None:
    """Raise `InvalidInput` unless inputs of this shape are images (channels, height, width)."""
    if len(shape) != 3:
        raise InvalidInput(
            f"A {model} needs images (channels, height, width), not inputs of shape {shape}: use an MLP."
        )
