"""Lists of numbers from outside: do-not-call registries, litigators, reassigned numbers; blocked areas."""
