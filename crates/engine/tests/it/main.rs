//! The loop on the simulated cloud: whole runs, a crash at every moment, lost answers, trouble.

mod adversary;
mod crashes;
mod drill;
mod ends;
mod history;
mod laws;
mod lost;
mod pace;
mod sky;
mod stage;
mod stop;
mod store;
mod trouble;
mod window;
