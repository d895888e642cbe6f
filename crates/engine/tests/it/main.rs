//! The loop on the simulated cloud: whole runs, a crash at every moment, lost answers, trouble.

mod adversary;
mod crashes;
mod drill;
mod ends;
mod gates;
mod guard;
mod history;
mod laws;
mod lost;
mod odd;
mod pace;
mod policies;
mod proofs;
mod release;
mod residuals;
mod resilience;
mod standing;
mod stop;
mod trouble;
mod watch;
mod window;
