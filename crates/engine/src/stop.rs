//! A wish to stop, from a signal handler or another thread, that wakes the loop.

use futures_util::task::AtomicWaker;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

/// A wish to stop. Clones are the same wish; one loop at a time waits for it. The first wish lets
/// calls under way come to their end, the second one does not.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    wish: Arc<Wish>,
}

#[derive(Debug, Default)]
struct Wish {
    times: AtomicU32,
    waker: AtomicWaker,
}

impl Stop {
    /// Nobody wishes to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wishes to stop, once more.
    pub fn wish(&self) {
        self.wish.times.fetch_add(1, Ordering::Release);
        self.wish.waker.wake();
    }

    /// How often it was wished.
    pub fn times(&self) -> u32 {
        self.wish.times.load(Ordering::Acquire)
    }

    /// Ends with the first wish. For whoever has not begun with the loop yet.
    pub async fn wished(&self) {
        poll_fn(|context| self.poll_wished(1, context)).await;
    }

    /// Ready when it was wished `times` times; else wakes the task when it is.
    pub(crate) fn poll_wished(&self, times: u32, context: &Context<'_>) -> Poll<()> {
        self.wish.waker.register(context.waker());
        if self.times() >= times { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;
    use std::task::{Wake, Waker};

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_wish_from_another_thread_wakes_the_one_who_waits() {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let context = Context::from_waker(&waker);
        let stop = Stop::new();
        assert!(stop.poll_wished(1, &context).is_pending());
        let other = stop.clone();
        std::thread::spawn(move || other.wish()).join().expect("the thread ends");
        assert!(woken.0.load(Ordering::Relaxed));
        assert!(stop.poll_wished(1, &context).is_ready());
        assert!(stop.poll_wished(2, &context).is_pending());
    }
}
