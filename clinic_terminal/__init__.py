"""The reception terminal (資格確認端末) of a clinic or pharmacy."""
