"""A moto server made strict enough to test an EC2 incident responder against.

Plain moto answers almost every call that Impound makes, but hides the mistakes
such a program can make: nothing is ever pending, shares reach nobody, groups of
another VPC are accepted, any credentials will do. Each module here corrects one
area of moto 5.2.5 and says what AWS does instead and on which page AWS says so.

Not for: connection tracking, DNS, instance metadata, IAM propagation, quotas and
rates. None of them exists on this server; `crates/range` models those.

Nothing here was compared with a real account. Where a page does not name the
error code or the timing, the docstring says "code not verified" or "timing not
verified", and tests should not lean on it.
"""
