"""GenICam cameras through their vendors' GenTL producers: one process for each, one ring in shared memory."""
