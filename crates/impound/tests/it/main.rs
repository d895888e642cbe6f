//! The program as a person or a script meets it: help, exit codes, bad input, and the whole drill.

#![allow(clippy::disallowed_methods)] // the tests read and write files

mod bad_input;
mod cases;
mod detecting;
mod doctoring;
mod drill;
mod field;
mod findings;
mod guarding;
mod help;
mod opening;
mod program;
mod releasing;
mod responding;
mod several;
mod stopping;
mod terminal;
mod verifying;
