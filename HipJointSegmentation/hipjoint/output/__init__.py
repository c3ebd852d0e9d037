"""The folder of results that a run leaves behind: ``write.write_results`` fills it, ``folder`` keeps it whole."""
