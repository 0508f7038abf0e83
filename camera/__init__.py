"""Everything that yields frames: GenICam cameras, folders of images, and the simulated web. Knows nothing of defects."""
