"""What was kept for review, as labelling tools and trainings take it, and labels as tools give them back."""
