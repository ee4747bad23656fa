-- The buckets of stages, in their order.
'Committed', 'Open', 'Lost'
