//! What these tests are worth depends on the emulator: it is asked what AWS's documentation says.

use crate::harness::Server;

/// Fewer cases than this would mean that a part of the suite was not found.
const CASES: usize = 150;

#[test]
fn the_emulator_does_what_the_documentation_says() {
    let output = Server::conformance();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let ran = told.lines().find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse::<usize>().ok());
    assert!(ran.is_some_and(|cases| cases >= CASES), "{told}");
}
