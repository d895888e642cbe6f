"""What the AWS documentation says, asked of the strict server through boto3.

    cd tests/wire && PYTHONPATH=. $(./prepare) -m conformance [-v] [name …]

Every case names the page it was taken from and one behaviour of it. The page is the reason for the case; the
patches in strict/ are not. Where a page gives no error code, the case asks only that the call is refused.
`controls` is the exception: it checks the tools of the tests themselves, /_strict/….
"""
