"""Which errors say that memory ran out."""

__all__ = ["is_out_of_memory"]

# Torch has a class of its own for its CUDA allocator only.
_sayings = (
    "DefaultCPUAllocator",  # cannot allocate memory, in different words on different systems
    "bad_alloc",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "MPS backend out of memory",
    "could not create a memory object",  # oneDNN
)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that an allocation failed, on the CPU or on a GPU."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(saying in str(error) for saying in _sayings)
