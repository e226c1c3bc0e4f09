"""Tables that compare the reference losses with tf.keras, PyTorch, SciPy and scikit-learn, in one run each."""
