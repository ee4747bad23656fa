"""A simulator of the monday.com API: one account with boards, limits, faults, webhooks and a fake clock."""
