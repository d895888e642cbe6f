//! The range against AWS's rules: what it allows, refuses, and lets happen with time.

mod administrators;
mod calls;
mod evidence;
mod flows;
mod ground;
mod identity;
mod images;
mod instances;
mod killers;
mod lags;
mod network;
mod properties;
mod scaling;
mod scenarios;
mod sessions;
mod storage;
mod support;
mod throttling;
