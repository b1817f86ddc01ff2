"""What every circle may know: values, rules of the field and errors. Standard library only."""
