"""A receiver of alerts for whoever looks at the first ones: a page, a line for each, and nothing kept on the disk."""
