"""What scores of frames that were not learnt from say."""
