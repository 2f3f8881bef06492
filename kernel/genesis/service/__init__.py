"""The process that runs for months: what `genesis up` puts together around an open kernel."""
