"""What ``hotloop gate --explain`` says of real commits, beside what their authors say."""
