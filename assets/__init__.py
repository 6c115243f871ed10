"""The software-defined assets, one file a stage, in the order of the pipeline."""
