"""The promise: readers, workers, recorder, feed, triggers, holds, change-over, status and metrics."""
