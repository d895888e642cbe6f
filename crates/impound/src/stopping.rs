//! Ctrl-C and SIGTERM while nothing is changed yet: whatever is being asked is left at once.
//!
//! Not for: a case that is driven. The engine lets its calls come to their end first.

use crate::exit::Exit;
use crate::failure::Failure;
use engine::Stop;
use futures_util::future::{Either, select};
use std::pin::pin;

/// Awaits something that changes nothing, unless the operator wishes to stop before it is there.
///
/// # Errors
/// Code 4 when it was stopped; else as what was awaited.
pub async fn unless_stopped<T>(stop: &Stop, asked: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match select(pin!(stop.wished()), pin!(asked)).await {
        Either::Left(_) => Err(Failure::new(Exit::Held, "stopped by the operator; nothing was changed")),
        Either::Right((answer, _)) => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::{pending, ready};

    #[test]
    fn a_wish_ends_what_would_never_end() {
        let stop = Stop::new();
        let mut asked = pin!(unless_stopped(&stop, pending::<Result<(), Failure>>()));
        assert!(asked.as_mut().now_or_never().is_none(), "it waits");
        stop.wish();
        let failure = asked.now_or_never().expect("it ends").expect_err("stopped");
        assert_eq!(failure.exit, Exit::Held);
        assert!(failure.what.contains("nothing was changed"), "{}", failure.what);
    }

    #[test]
    fn an_answer_is_given_when_nobody_wishes_to_stop() {
        assert_eq!(unless_stopped(&Stop::new(), ready(Ok(7))).now_or_never().expect("there").expect("an answer"), 7);
    }
}
