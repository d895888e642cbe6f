//! The range against AWS's rules: what it allows, refuses, and lets happen with time.

mod calls;
mod flows;
mod identity;
mod images;
mod instances;
mod network;
mod properties;
mod scaling;
mod scenarios;
mod storage;
mod support;
