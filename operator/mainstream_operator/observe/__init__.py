"""What has to be asked for beside what the watches show: packages, the runner, Secrets."""
