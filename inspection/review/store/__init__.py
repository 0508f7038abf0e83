"""All SQL of reviews, rolls, statistics and archive. Every read is bounded, every write takes a few rows.

| class | knows |
|---|---|
| `ReviewBook` (`reviews`) | what people said, and what counts |
| `ReviewQueue` (`queue`) | cases by risk, claims, second readings |
| `RollBook` (`rolls`) | where rolls begin and end, and what lies on them |
| `judged_lately` (`judged`) | what was judged lately, to be judged again |
| `Figures` (`figures`) | counts for charts and estimates |
| `Archive` (`archive`) | search and saved searches |
"""
