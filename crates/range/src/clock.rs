//! Virtual time and the executor that moves it. Nothing here reads the machine's clock: time
//! stands still while anything can run, and jumps to the next timer when nothing can.

use jiff::{SignedDuration, Timestamp};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A clock that only [`run`] moves. Clones show the same time.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    state: Rc<RefCell<State>>,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    next_timer: u64,
    timers: BTreeMap<(Timestamp, u64), Waker>,
}

impl VirtualClock {
    /// A clock that shows `now`.
    pub fn starting_at(now: Timestamp) -> Self {
        Self { state: Rc::new(RefCell::new(State { now, next_timer: 0, timers: BTreeMap::new() })) }
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.state.borrow().now
    }

    /// Waits until a moment; at once when it has passed.
    pub fn sleep_until(&self, deadline: Timestamp) -> Sleep {
        Sleep { clock: self.clone(), deadline, timer: None }
    }

    /// Waits for a while; at once when it is negative.
    pub fn sleep(&self, duration: SignedDuration) -> Sleep {
        self.sleep_until(self.now().saturating_add(duration).expect("a signed duration always fits"))
    }

    /// Jumps to the earliest timer and wakes everything due then; `false` when there is none.
    fn jump(&self) -> bool {
        let due = self.state.borrow_mut().take_due();
        let any = !due.is_empty();
        due.into_iter().for_each(Waker::wake);
        any
    }
}

impl State {
    fn take_due(&mut self) -> Vec<Waker> {
        let Some((&(earliest, _), _)) = self.timers.first_key_value() else { return Vec::new() };
        self.now = self.now.max(earliest);
        let later = self.timers.split_off(&(earliest, u64::MAX));
        std::mem::replace(&mut self.timers, later).into_values().collect()
    }
}

/// Ready when the virtual clock shows its deadline.
#[derive(Debug)]
pub struct Sleep {
    clock: VirtualClock,
    deadline: Timestamp,
    timer: Option<u64>,
}

impl Sleep {
    fn clear(&mut self) {
        if let Some(timer) = self.timer.take() {
            self.clock.state.borrow_mut().timers.remove(&(self.deadline, timer));
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.clear();
        if self.clock.now() >= self.deadline {
            return Poll::Ready(());
        }
        let clock = self.clock.clone();
        let mut state = clock.state.borrow_mut();
        let timer = state.next_timer;
        state.next_timer += 1;
        state.timers.insert((self.deadline, timer), context.waker().clone());
        self.timer = Some(timer);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clear();
    }
}

#[derive(Debug, Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a future to its end on this thread. When nothing is ready the clock jumps to the earliest
/// timer, so that an hour of waiting costs nothing and two runs are the same.
///
/// # Panics
/// When the future waits for something that no timer will bring: in a simulation that is a bug.
pub fn run<F: Future>(clock: &VirtualClock, future: F) -> F::Output {
    let woken = Arc::new(Flag::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        while !woken.0.swap(false, Ordering::Relaxed) {
            let now = clock.now();
            assert!(clock.jump(), "deadlock at {now}: the run waits, and there is no timer that could wake it");
        }
    }
}
