//! The program `impound`.

use std::process::ExitCode;

fn main() -> ExitCode {
    impound::run()
}
