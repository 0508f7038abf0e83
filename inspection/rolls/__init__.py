"""A roll in metres: map, repeats, grade, certificate."""
