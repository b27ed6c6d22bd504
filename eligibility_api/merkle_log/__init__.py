"""The formats of a transparency log, as pure functions: Merkle tree, proofs, tiles, signed notes, checkpoints."""
