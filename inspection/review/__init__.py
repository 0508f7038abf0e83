"""What people make of the station's decisions: reviews, what they say of its errors, roll maps, the archive, data sets.

Pure functions and values here, all SQL in `inspection.review.store`. A review never changes a decision.

| module | holds |
|---|---|
| `review` | answers, corrections, reviews, cases and their risk |
| `labels` | what lies on a frame after its review |
| `agreement`, `estimates` | how far two readers agree; false rejects and escapes with their intervals |
| `control_charts` | p-chart, X-bar chart, Pareto, histograms |
| `roll_map`, `repeats`, `certificate` | a roll in metres, its periodic defects, its certificate |
| `search`, `selection_export`, `data_set` | the archive: search, export, frozen data sets |
"""
