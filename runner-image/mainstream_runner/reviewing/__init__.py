"""What is kept of apps whose tenants want to say later what was right."""
