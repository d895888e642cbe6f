//! One thread that runs everything, and the signals that wish it to stop.

use crate::exit::Exit;
use crate::failure::Failure;
use engine::Stop;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Runs a command on this thread. Ctrl-C and SIGTERM wish it to stop; twice, not to wait either.
pub(super) fn block_on<T>(command: impl AsyncFnOnce(&Stop) -> Result<T, Failure>) -> Result<T, Failure> {
    let (runtime, stop) = begin()?;
    let done = runtime.block_on(command(&stop));
    end(runtime);
    done
}

/// The event loop, and the wish to stop that the signals make.
pub(super) fn begin() -> Result<(Runtime, Stop), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot start the event loop: {error}")))?;
    let stop = Stop::new();
    let within = runtime.enter();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let signals =
            signal(kind).map_err(|error| Failure::new(Exit::Bug, format!("cannot listen for signals: {error}")))?;
        tokio::spawn(listen(signals, stop.clone()));
    }
    drop(within);
    Ok((runtime, stop))
}

/// A name that is still being looked up is no reason to stay.
pub(super) fn end(runtime: Runtime) {
    runtime.shutdown_background();
}

async fn listen(mut signals: Signal, stop: Stop) {
    while signals.recv().await.is_some() {
        stop.wish();
    }
}
