"""What people make of the station's decisions. A review never changes a decision.

Values and pure functions are in `cases`, `labels`, `blame` and `risk`; all SQL is in `book`, `queue`, `keys` and
`tables`: every read is bounded, every write takes a few rows.

| module | holds |
|---|---|
| `cases`, `standing` | answers, corrections, reviews, and which of them counts |
| `risk` | the order of the queue: how much depends on a second look |
| `blame`, `labels` | which objects a reject was for; what lies on a frame after its review |
| `book` | what people said, and what counts |
| `queue` | cases by risk, claims, second readings |
| `keys` | which kind each of the keys 1 to 9 gives |
"""
