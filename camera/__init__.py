"""Everything that yields frames: GenICam cameras, folders of images, the simulated web. Knows nothing of defects."""
