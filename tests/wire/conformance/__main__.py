"""Run all cases, or those named: python -m conformance [-v] [conformance.snapshots …]"""

import sys
import unittest

from . import balancers, controls, identity, images, instances, network, profiles, reads, scaling, sharing, snapshots

MODULES = (identity, instances, network, profiles, snapshots, sharing, images, scaling, balancers, reads, controls)


def main():
    """Exit code 0 only when every case passed."""
    names = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    loader = unittest.defaultTestLoader
    loader.testMethodPrefix = "test_"
    cases = [loader.loadTestsFromNames(names)] if names else [loader.loadTestsFromModule(module) for module in MODULES]
    result = unittest.TextTestRunner(verbosity=2 if "-v" in sys.argv else 1).run(unittest.TestSuite(cases))
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)


if __name__ == "__main__":
    main()
