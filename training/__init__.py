"""Images in, models out: simulate or read labelled webs, fit a network, choose thresholds, export, evaluate."""
