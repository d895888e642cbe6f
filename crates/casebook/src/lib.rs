//! The domain of Impound: what a case is, what the scene looks like, what to do next. Pure: no
//! input or output, no clock, no randomness, nothing asynchronous, and no AWS SDK.

pub mod agenda;
pub mod case;
pub mod custody;
pub mod docs;
pub mod effect;
pub mod entry;
pub mod evidence;
pub mod fault;
pub mod finding;
pub mod gate;
pub mod grade;
pub mod hazards;
pub mod id;
pub mod next;
pub mod permissions;
pub mod predict;
pub mod query;
pub mod reading;
pub mod release;
pub mod report;
pub mod runbook;
pub mod scene;
pub mod settings;
pub mod sorted;
pub mod step;
pub mod steps;
pub mod tags;
pub mod target;
#[cfg(test)]
pub(crate) mod testkit;
pub mod verdict;
pub mod view;
pub mod visibility;
