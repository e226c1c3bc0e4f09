"""What all tests share: quiet TensorFlow, and hypothesis without a clock."""

import os

from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "agg")

settings.register_profile("lossedu", deadline=None, max_examples=50)
settings.load_profile("lossedu")
