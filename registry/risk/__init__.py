"""The model-risk report: what a risk officer reads before signing, whether the model was promoted or not."""
